"""All that is kept from one look to the next: bounded, whatever the traffic is.

A look takes the news, and gives the next memory. Evidence of an earlier stage that comes late
tells what stable's consumers are like, and nothing of the present stage.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import STRATA, Counts
from serinus.domain.release.frailty import Frailty
from serinus.domain.release.late_onset import LateOnset
from serinus.domain.release.relative import History

KINDS = ("errors", "slow")
#: What also is told apart by stratum, for an alert.
CLIENT_ERRORS = "client_errors"
#: What a look leaves of what is recent: with a look a second it halves in three seconds.
FADING = 0.8

Place = tuple[Arm, str]


@dataclass(frozen=True, slots=True)
class Recent:
    """Faded sums of the last looks."""

    requests: float = 0.0
    errors: float = 0.0
    slow: float = 0.0
    rescued: float = 0.0
    shared: float = 0.0

    def after(self, counts: Counts) -> "Recent":
        return Recent(
            FADING * self.requests + counts.requests,
            FADING * self.errors + counts.errors,
            FADING * self.slow + counts.slow,
            FADING * self.rescued + counts.rescued,
            FADING * self.shared + counts.shared,
        )

    def bad(self, kind: str) -> float:
        return self.errors if kind == "errors" else self.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`stage`: sums since the stage began, `attempt` counting the beginnings. `routes`: in the
    order in which they were first seen. `relative`: ln of each alternative, by test.
    `misplaced`: requests of this stage whose arm does not fit their stratum. `own`: bad ones
    of the candidate's in this stage that stable does not account for, by kind; `own_lately`:
    those of them that are recent. `pairs`: in which the candidate alone failed, and stable
    alone; `settled`: those of them from before this stage.
    `calm`: looks since a shared cause showed last; None where none did in this stage.
    """

    attempt: int = 0
    since_epoch: int = 0
    stage: Mapping[Place, Counts] = field(default_factory=dict)
    placed: int = 0
    misplaced: int = 0
    own: Mapping[str, float] = field(default_factory=dict)
    own_lately: Mapping[str, float] = field(default_factory=dict)
    calm: int | None = None
    pairs: tuple[int, int] = (0, 0)
    settled: tuple[int, int] = (0, 0)
    routes: tuple[str, ...] = ()
    stable: Mapping[str, History] = field(default_factory=dict)
    frailty: Mapping[str, Frailty] = field(default_factory=dict)
    relative: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    late: Mapping[str, LateOnset] = field(default_factory=dict)
    recent: Mapping[Arm, Recent] = field(default_factory=dict)

    _totals: Mapping[Arm, Counts] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Each test of a look asks for them.
        totals = {
            arm: summed(counts for (of, _), counts in self.stage.items() if of is arm)
            for arm in Arm
        }
        object.__setattr__(self, "_totals", totals)

    def total(self, arm: Arm) -> Counts:
        """Of this stage."""
        return self._totals[arm]

    def on(self, arm: Arm, route: str) -> Counts:
        return self.stage.get((arm, route), Counts())

    def history(self, kind: str) -> History:
        return self.stable.get(kind, History())

    def lately(self, arm: Arm) -> Recent:
        return self.recent.get(arm, Recent())

    def to_json(self) -> dict[str, Any]:
        requests = self.history("errors").requests
        return {
            "attempt": self.attempt,
            "since_epoch": self.since_epoch,
            "stage": [
                [arm, route, sums.to_json()] for (arm, route), sums in self.stage.items()
            ],
            "placed": self.placed,
            "misplaced": self.misplaced,
            "own": dict(self.own),
            "own_lately": dict(self.own_lately),
            "calm": self.calm,
            "pairs": list(self.pairs),
            "settled": list(self.settled),
            "routes": list(self.routes),
            "requests": list(requests) if any(requests) else [],
            "bad": {
                kind: {str(n): bad for n, bad in enumerate(each.bad) if bad}
                for kind, each in self.stable.items()
            },
            "frailty": {
                kind: [list(each.worth), list(each.bad)] for kind, each in self.frailty.items()
            },
            "relative": {test: list(logs) for test, logs in self.relative.items()},
            "late": {test: each.to_json() for test, each in self.late.items()},
            "recent": {
                str(arm): [each.requests, each.errors, each.slow, each.rescued, each.shared]
                for arm, each in self.recent.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Memory":
        """What `to_json` gave; of nothing, what a release begins with. What an earlier version
        did not keep is as at the beginning.
        """
        if not value:
            return cls()
        requests = tuple(value["requests"]) or (0,) * STRATA
        return cls(
            attempt=value["attempt"],
            since_epoch=value["since_epoch"],
            stage={
                (Arm(arm), route): Counts.from_json(sums) for arm, route, sums in value["stage"]
            },
            placed=value["placed"],
            misplaced=value["misplaced"],
            own=value.get("own", {}),
            own_lately=value.get("own_lately", {}),
            calm=value["calm"],
            pairs=tuple(value.get("pairs", (0, 0))),
            settled=tuple(value.get("settled", (0, 0))),
            routes=tuple(value["routes"]),
            stable={
                kind: History(requests, tuple(bad.get(str(n), 0) for n in range(STRATA)))
                for kind, bad in value["bad"].items()
            },
            frailty={
                kind: Frailty(tuple(worth), tuple(bad))
                for kind, (worth, bad) in value.get("frailty", {}).items()
            },
            relative={test: tuple(logs) for test, logs in value["relative"].items()},
            late={test: LateOnset.from_json(*each) for test, each in value["late"].items()},
            recent={Arm(arm): Recent(*each) for arm, each in value["recent"].items()},
        )


def summed(counts: Iterable[Counts]) -> Counts:
    """One after the other, in place of as many values that nobody keeps."""
    requests = errors = slow = client_errors = 0
    hits = misses = queries = rescued = shared = 0
    db_seconds = 0.0
    for each in counts:
        requests += each.requests
        errors += each.errors
        slow += each.slow
        client_errors += each.client_errors
        hits += each.cache_hits
        misses += each.cache_misses
        queries += each.queries
        db_seconds += each.db_seconds
        rescued += each.rescued
        shared += each.shared
    return Counts(
        requests,
        errors,
        slow,
        client_errors,
        hits,
        misses,
        queries,
        db_seconds,
        rescued,
        shared,
    )
