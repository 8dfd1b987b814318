"""What a release is meant to do: its stages, its gates, its limits, and what may be risked.

A plan is TOML in a file and the same as JSON over HTTP. What is left out is the owner's:

    stages = [10, 50, 90, 100]      # percent, rising to 100
    dwell = "7d"                    # least time per stage; evidence may take longer
    rollback_stages = [50, 10, 0]   # percent, falling to 0
    rollback_dwell = "30s"          # time per rollback stage: caches and pools get warm
    bake = "1d"                     # at 100 %, before the release counts as complete
    holdback = 1                    # percent kept on stable meanwhile, as a control
    baseline = "1h"                 # least time at 0 %; unset: dwell / 50, 1h at most
    cool_down = "1h"                # after a rollback, before another release starts
    re_rollback = "7d"              # how long a completed release can still be aborted

    [gates]                         # none | comparison | manual: before a stage is entered
    first = "comparison"            # `first`, `last`, or a stage by its percentage
    last = "manual"

    [guardrails]
    error_rate = { slo = 0.005 }
    slow = { over_ms = 200, slo = 0.01 }
    relative = { error_ratio = 1.5, slow_ratio = 1.5 }
    cache_hits = { action = "alert" }
    db_time = { action = "alert" }
    throughput = { action = "alert" }

    [risk]
    false_rollback = 0.01           # of the whole release
    false_proof = 0.05              # of each proof

    [comparison]
    least_requests = 50             # compared, on each route that carries traffic
    limit = 0.002                   # part of the compared answers that may differ
    sample = 0.05                   # part of stable's reads that is compared while ramping

    [routes]
    exclude = []                    # templates that stay on stable: "/api/v1/posts/{id}"
    shares = {}                     # percent that a route gets at most
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import ClassVar, Self

from serinus.domain.errors import Invalid, Violation
from serinus.domain.release.assignment import EVERYTHING, NOTHING, Share
from serinus.domain.release.durations import shown
from serinus.domain.release.plan_members import Comparing, Gate, Guardrails, Risk
from serinus.domain.release.plan_tables import Table

MOST_STAGES = 20
LONGEST_BASELINE = timedelta(hours=1)


class PlanInvalid(Invalid):
    """Every problem of a plan at once, each of the form `member: what it should be`."""

    code: ClassVar = "plan_invalid"

    def __init__(self, problems: tuple[str, ...]) -> None:
        named = [problem.partition(": ") for problem in problems]
        super().__init__([Violation(name, "not_allowed", text) for name, _, text in named])
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`gates` by index of the stage before which they stand."""

    stages: tuple[Share, ...]
    dwell: timedelta
    rollback_stages: tuple[Share, ...]
    rollback_dwell: timedelta
    gates: Mapping[int, Gate]
    bake: timedelta
    holdback: Share
    baseline: timedelta
    guardrails: Guardrails
    risk: Risk
    comparison: Comparing
    excluded_routes: frozenset[str]
    route_shares: Mapping[str, Share]
    cool_down: timedelta
    re_rollback: timedelta

    @classmethod
    def parse(cls, toml: str) -> Self:
        """Raise `PlanInvalid`."""
        try:
            return cls.from_json(tomllib.loads(toml))
        except tomllib.TOMLDecodeError as error:
            raise PlanInvalid((f"plan: not TOML, {error}",)) from None

    @classmethod
    def from_json(cls, value: object) -> Self:
        """What `to_json` gave, or what somebody sent. Raise `PlanInvalid`."""
        if not isinstance(value, Mapping):
            raise PlanInvalid(("plan: an object with named members",))
        table = Table(value)
        plan = cls._read(table)
        table.finish()
        if not table.problems:
            table.problems += plan.contradictions()
        if table.problems:
            raise PlanInvalid(tuple(table.problems))
        return plan

    @classmethod
    def _read(cls, table: Table) -> Self:
        """What cannot be read is noted, and stands as its default meanwhile."""
        stages = table.shares("stages", (10, 50, 90, 100))
        dwell = table.time("dwell", timedelta(days=7))
        routes = table.table("routes")
        return cls(
            stages=stages,
            dwell=dwell,
            rollback_stages=table.shares("rollback_stages", (50, 10, 0)),
            rollback_dwell=table.time("rollback_dwell", timedelta(seconds=30)),
            gates=_gates(table.table("gates"), stages),
            bake=table.time("bake", timedelta(days=1)),
            holdback=table.share("holdback", Share(100)),
            baseline=table.time("baseline", default_baseline(dwell)),
            guardrails=Guardrails.read(table.table("guardrails")),
            risk=Risk.read(table.table("risk")),
            comparison=Comparing.read(table.table("comparison")),
            excluded_routes=frozenset(routes.texts("exclude")),
            route_shares=routes.table("shares").all_shares(),
            cool_down=table.time("cool_down", timedelta(hours=1)),
            re_rollback=table.time("re_rollback", timedelta(days=7)),
        )

    def contradictions(self) -> list[str]:
        """What does not fit together, though each member is well formed."""
        stages, back = list(self.stages), list(self.rollback_stages)
        found = []
        if not 1 <= len(stages) <= MOST_STAGES or stages != sorted(set(stages)):
            found.append(
                f"stages: 1 to {MOST_STAGES} percentages, each above the one before it"
            )
        elif stages[0] == NOTHING or stages[-1] != EVERYTHING:
            found.append("stages: they begin above 0 and end with 100")
        elif self.baked <= ([NOTHING, *stages])[-2]:
            found.append(
                "holdback: it would take back what the stage before the last has given"
            )
        if not 1 <= len(back) <= MOST_STAGES or back != sorted(set(back), reverse=True):
            found.append(
                f"rollback_stages: 1 to {MOST_STAGES} percentages, each below the last"
            )
        elif back[-1] != NOTHING:
            found.append("rollback_stages: they end with 0")
        return found

    @property
    def baked(self) -> Share:
        """In force while baking."""
        return Share(EVERYTHING.basis_points - self.holdback.basis_points)

    def gate(self, stage: int) -> Gate:
        return self.gates.get(stage, Gate.NONE)

    def to_json(self) -> dict[str, object]:
        """Everything, defaults included; `from_json` gives an equal plan."""
        return {
            "stages": [number(share) for share in self.stages],
            "dwell": shown(self.dwell),
            "rollback_stages": [number(share) for share in self.rollback_stages],
            "rollback_dwell": shown(self.rollback_dwell),
            "gates": {
                self.stages[stage].percent: str(gate) for stage, gate in self.gates.items()
            },
            "bake": shown(self.bake),
            "holdback": number(self.holdback),
            "baseline": shown(self.baseline),
            "guardrails": self.guardrails.to_json(),
            "risk": asdict(self.risk),
            "comparison": asdict(self.comparison),
            "routes": {
                "exclude": sorted(self.excluded_routes),
                "shares": {
                    route: number(share) for route, share in sorted(self.route_shares.items())
                },
            },
            "cool_down": shown(self.cool_down),
            "re_rollback": shown(self.re_rollback),
        }


def default_baseline(dwell: timedelta) -> timedelta:
    """In whole milliseconds, which is what a plan can say."""
    milliseconds = min(dwell / 50, LONGEST_BASELINE) // timedelta(milliseconds=1)
    return timedelta(milliseconds=milliseconds)


def number(share: Share) -> int | float:
    """Percent as a JSON number: 10, 12.5."""
    percent = share.percent
    return float(percent) if "." in percent else int(percent)


def _gates(table: Table, stages: tuple[Share, ...]) -> dict[int, Gate]:
    """A plan that says nothing of gates has the owner's."""
    names = {share.percent: stage for stage, share in enumerate(stages)}
    names |= {"first": 0, "last": len(stages) - 1}
    found = {} if table.given else {len(stages) - 1: Gate.MANUAL, 0: Gate.COMPARISON}
    for name in table.names(names):
        gate = Gate(table.choice(name, [str(each) for each in Gate], str(Gate.NONE)))
        if names[name] in found and table.given:
            table.problem(name, "this stage has two gates")
        found[names[name]] = gate
    return found


#: The owner's.
DEFAULT = Plan.from_json({})
