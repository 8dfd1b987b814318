"""What one worker serves: the release's routing, within what its settings allow.

The kill switch and both engines' switches win over every release. Where no release was ever
started, the settings say it all. A release that was taken back keeps governing, at 0: the share
of the settings would bring the candidate back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from serinus.domain.release.assignment import EVERYTHING, NOTHING, Arm, Routing, Share
from serinus.domain.release.phase import Phase
from serinus.domain.release.release import Release

TAKEN_BACK = frozenset({Phase.ROLLED_BACK, Phase.ABORTED})


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings say. `boot`: without a release; `ceiling`: of every release's share;
    `fixed`: one of the engines is turned off, so that nothing is to be shared out.
    """

    boot: Routing
    ceiling: Share | None = None
    fixed: bool = False
    shadow_writes: bool = False


def in_force(
    limits: Limits, release: Release | None, pins: Mapping[str, Arm], epoch: int
) -> Routing:
    """`pins`: of the release."""
    if release is None or limits.fixed:
        return replace(limits.boot, epoch=epoch)
    share, origin = _limited(limits, release)
    plan, killed = release.plan, share == NOTHING and limits.ceiling == NOTHING
    taken_back = release.phase in TAKEN_BACK
    return Routing(
        share=share,
        origin=origin,
        epoch=epoch,
        salt=release.salt,
        release_id=release.id,
        watched=not release.ended,
        over_ms=plan.guardrails.slow.over_ms,
        error_limit=plan.guardrails.error_rate.slo,
        false_rollback=plan.risk.false_rollback,
        pins={} if killed or taken_back else pins,
        excluded_routes=plan.excluded_routes,
        route_shares=plan.route_shares,
        shadow=shadow(release),
        shadow_writes=limits.shadow_writes and not release.ended,
        drill=release.drill,
    )


def stable_only(routing: Routing, why: str) -> Routing:
    """Until it is known better. What is served meanwhile proves nothing about the release."""
    return replace(
        routing,
        share=NOTHING,
        origin=why,
        watched=False,
        pins={},
        shadow=0.0,
        shadow_writes=False,
    )


def shadow(release: Release) -> float:
    """The part of stable's reads that is compared."""
    match release.phase:
        case Phase.COMPARING:
            return 1.0
        case Phase.RAMPING | Phase.BAKING:
            return release.plan.comparison.sample
        case _:
            return 0.0


def told(release: Release) -> str:
    """Where the share comes from, in a few words."""
    match release.phase:
        case Phase.RAMPING:
            place = f"stage {release.stage + 1} of {len(release.plan.stages)}"
        case Phase.ROLLING_BACK:
            place = f"rolling back to {release.share.percent} %"
        case _:
            place = str(release.phase).replace("_", " ")
    return f"release {release.id}: {place}"


def _limited(limits: Limits, release: Release) -> tuple[Share, str]:
    ceiling = EVERYTHING if limits.ceiling is None else limits.ceiling
    if ceiling < release.share:
        return ceiling, f"{limits.boot.origin} limits {told(release)}"
    return release.share, told(release)
