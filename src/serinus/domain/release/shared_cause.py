"""What stable, failing in the same seconds, does not account for: the candidate's own doing.

An emergency goes straight to 0, so the sum of what failed in a stage will not do: a database
that was away for ten seconds stays in that sum long after, and the next error of the candidate
that stable happens not to share would be taken for its fault. So each look sets aside what
stable accounts for, and what is set aside stays so. More than there is to account for is never
saved up (as in a CUSUM): a candidate that fails alone right after is seen at once. Setting bad
requests aside only lessens an E, so nothing is spent by it.
"""

from collections.abc import Mapping

from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import Counts, bad_of
from serinus.domain.release.memory import FADING, KINDS, Recent

#: Stable fails the same way when it does so at least at this part of the candidate's rate.
ALIKE = 0.5
#: Requests of stable's that are enough to tell whether it fails the same way.
ENOUGH = 5.0
#: Pairs of a failed read and stable's answer to it that are.
PAIRS = 2.0


def own(
    before: Mapping[str, float], now: Mapping[Arm, Counts], lately: Mapping[Arm, Recent]
) -> dict[str, float]:
    """Bad requests of the candidate in this stage that are its own, by kind. `now`: what this
    look brought, which is in `lately` already.
    """
    return {
        kind: max(
            0.0,
            before.get(kind, 0.0)
            + bad_of(now[Arm.CANDIDATE], kind)
            - _accounted(kind, now, lately),
        )
        for kind in KINDS
    }


def lately_own(
    lately: Mapping[str, float], before: Mapping[str, float], after: Mapping[str, float]
) -> dict[str, float]:
    """Those of them that are recent, faded like the sums of the last looks."""
    return {
        kind: FADING * lately.get(kind, 0.0) + max(0.0, owned - before.get(kind, 0.0))
        for kind, owned in after.items()
    }


def own_of_route(ours: Counts, theirs: Counts, own_part: float) -> float:
    """Errors of the candidate on a route that are its own, from both arms' sums of this stage.
    `own_part`: of all of its errors, for a route that stable hardly serves.
    """
    if theirs.requests >= ENOUGH:
        accounted = ours.requests * theirs.errors / theirs.requests / ALIKE
    else:
        accounted = ours.errors * (1 - own_part)
    return max(0.0, ours.errors - max(accounted, ours.shared))


def _accounted(kind: str, now: Mapping[Arm, Counts], lately: Mapping[Arm, Recent]) -> float:
    """By the rate of stable's failures, or by what it made of those same requests."""
    ours, rate = now[Arm.CANDIDATE], _rate(kind, now[Arm.STABLE], lately[Arm.STABLE])
    accounted = ours.requests * rate / ALIKE
    pairs = lately[Arm.CANDIDATE].rescued + lately[Arm.CANDIDATE].shared
    if kind == "errors" and pairs >= PAIRS:
        shared = lately[Arm.CANDIDATE].shared / pairs
        return max(accounted, ours.errors * shared)
    return accounted


def _rate(kind: str, now: Counts, lately: Recent) -> float:
    """Of stable's bad requests at present: the last few tell that it has begun, all of late
    that it goes on.
    """
    if lately.requests < ENOUGH:
        return 0.0
    earlier, bad = lately.requests - now.requests, bad_of(now, kind)
    part = max(0.0, ENOUGH - now.requests) / earlier if earlier else 0.0
    last = bad + part * (lately.bad(kind) - bad)
    return max(lately.bad(kind) / lately.requests, last / max(ENOUGH, now.requests))
