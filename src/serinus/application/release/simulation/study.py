"""Which releases are simulated, how often, and with which chance in each of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from serinus.application.release.simulation.drawing import Draw
from serinus.application.release.simulation.outcome import Outcome
from serinus.application.release.simulation.scenarios import SCENARIOS, Fault, Scenario
from serinus.application.release.simulation.simulating import Simulated, simulate
from serinus.application.release.simulation.traffic import Traffic
from serinus.domain.release.plan import Plan

#: The owner's, its stages of minutes in place of days: as hard to judge, and over sooner. What
#: stable is like is learnt for as long as there: an hour.
MINUTES = Plan.from_json(
    {
        "dwell": "5m",
        "bake": "5m",
        "baseline": "1h",
        "gates": {"first": "comparison", "last": "manual"},
    }
)
LONGEST = 21_600.0  # seconds; of a plan that takes longer, so many times as long
PATIENCE = 4.0
#: Of the candidate's requests, to see where rollbacks begin.
TRUE_ERRORS = (0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1)
#: Requests a second there, for ours and for the checker it is compared with.
CURVE_RATE = 10.0
CURVE = "errors "
#: Scenarios about which a claim is made with as many releases as asked for; others are shown.
CLAIMED = frozenset({"healthy", "identical", "worse"})
TRACED = "traced "
TRACES = {"healthy": 6, "worse": 6, "late": 1}


@dataclass(frozen=True, slots=True)
class Series:
    """So many releases that differ in nothing but chance."""

    name: str
    given: Simulated
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What all of a study's releases have in common."""

    plan: Plan = MINUTES
    runs: int = 200
    looks: int = 200
    workers: int = 2

    def series(self, scenario: Scenario, runs: int | None = None, name: str = "") -> Series:
        given = Simulated(
            plan=self.plan,
            scenario=scenario,
            looks=self.looks,
            longest=longest(self.plan),
            workers=self.workers,
            traced=name.startswith(TRACED),
        )
        return Series(name or scenario.name, given, self.runs if runs is None else runs)


def longest(plan: Plan) -> float:
    """Seconds after which a release that was held all the time is left as it is."""
    stages = len(plan.stages) * plan.dwell
    return max(LONGEST, PATIENCE * (plan.baseline + stages + plan.bake) / timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Changes:
    """What somebody wants otherwise than the scenarios have it; None: as they have it."""

    consumers: int | None = None
    rate: float | None = None
    errors: float | None = None
    candidate_errors: float | None = None
    candidate_slow: float | None = None

    def of(self, scenario: Scenario) -> Scenario:
        traffic = self._traffic(scenario.traffic)
        fault = scenario.fault
        if self.candidate_errors is not None:
            fault = replace(fault, errors=self.candidate_errors)
        if self.candidate_slow is not None:
            fault = replace(fault, slow=self.candidate_slow)
        return replace(scenario, traffic=traffic, fault=fault)

    def _traffic(self, traffic: Traffic) -> Traffic:
        return replace(
            traffic,
            consumers=traffic.consumers if self.consumers is None else self.consumers,
            rate=traffic.rate if self.rate is None else self.rate,
            errors=traffic.errors if self.errors is None else self.errors,
        )


def chosen(names: Sequence[str], changes: Changes) -> list[Scenario]:
    """Without a name: what is described by the changes, or else all there are."""
    if names:
        return [changes.of(SCENARIOS[name]) for name in names]
    if changes.candidate_errors is None and changes.candidate_slow is None:
        return [changes.of(each) for each in SCENARIOS.values()]
    return [changes.of(Scenario(name="as-given", meaning="what was asked for"))]


def study(setup: Setup, scenarios: Iterable[Scenario]) -> list[Series]:
    return [setup.series(each) for each in scenarios]


def whole_study(setup: Setup, changes: Changes) -> list[Series]:
    """All that the report shows. What no claim depends on is simulated less often."""
    fewer = max(10, setup.runs // 10)
    series = [
        setup.series(changes.of(each), None if name in CLAIMED else fewer)
        for name, each in SCENARIOS.items()
    ]
    series += traced(setup, SCENARIOS, changes)
    return series + [_with_errors(setup, errors, fewer) for errors in TRUE_ERRORS]


def traced(setup: Setup, names: Collection[str], changes: Changes) -> list[Series]:
    """Of these scenarios, single releases whose every look is kept."""
    return [
        setup.series(changes.of(SCENARIOS[name]), runs, f"{TRACED}{name}")
        for name, runs in TRACES.items()
        if name in names
    ]


def _with_errors(setup: Setup, errors: float, runs: int) -> Series:
    scenario = Scenario(
        name=f"{CURVE}{errors:g}",
        meaning=f"the candidate fails {errors:.2%} of its requests, stable 0.3 %",
        traffic=Traffic(rate=CURVE_RATE),
        fault=Fault(errors=errors),
    )
    return setup.series(scenario, runs)


def outcomes(series: Series, draws: Iterable[Draw]) -> list[Outcome]:
    """One release for each."""
    return [simulate(series.given, draw) for draw in draws]


Found = Mapping[str, Sequence[Outcome]]
"""By the name of the series, in the order of their draws."""
