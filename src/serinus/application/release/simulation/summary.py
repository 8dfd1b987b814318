"""Many simulated releases of one scenario, summed up."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from serinus.application.release.simulation.exact import interval, quantile
from serinus.application.release.simulation.outcome import Outcome
from serinus.domain.release.phase import Phase


@dataclass(frozen=True, slots=True)
class Part:
    """So many of all, and the exact interval of the probability behind it, at 95 %."""

    hits: int
    of: int
    least: float
    most: float

    @classmethod
    def counted(cls, found: Iterable[bool]) -> "Part":
        found = list(found)
        return cls(sum(found), len(found), *interval(sum(found), len(found)))

    @property
    def rate(self) -> float:
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Spread:
    """None where there was nothing to measure."""

    median: float | None
    p90: float | None
    worst: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(quantile(values, 0.5), quantile(values, 0.9), max(values, default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`taken_back`: to 0 or on the way there. `moved_back`: that, or a step back at least.
    `delay_*`: from the fault until share was first taken back, in the candidate's requests and
    in seconds. `stages`: seconds spent in each by releases that went on. `held`: mean seconds.
    """

    scenario: str
    meaning: str
    runs: int
    taken_back: Part
    stepped_back: Part
    moved_back: Part
    completed: Part
    delay_requests: Spread
    delay_seconds: Spread
    touched: Spread
    failed: Spread
    rescued: Spread
    duration: Spread
    stages: dict[str, Spread]
    held: dict[str, float]
    looks: Spread
    caught_by: dict[str, int]


def summary(name: str, meaning: str, outcomes: Sequence[Outcome]) -> Summary:
    caught = [each.caught for each in outcomes if each.caught]
    back = [each for each in outcomes if each.caught]
    complete = [each for each in outcomes if each.phase is Phase.COMPLETE]
    return Summary(
        scenario=name,
        meaning=meaning,
        runs=len(outcomes),
        taken_back=Part.counted(each.taken_back for each in outcomes),
        stepped_back=Part.counted(each.step_backs > 0 for each in outcomes),
        moved_back=Part.counted(each.taken_back or each.step_backs > 0 for each in outcomes),
        completed=Part.counted(each.phase is Phase.COMPLETE for each in outcomes),
        delay_requests=Spread.of([each.requests for each in caught]),
        delay_seconds=Spread.of([each.seconds for each in caught]),
        touched=Spread.of([each.touched for each in back]),
        failed=Spread.of([each.failed for each in back]),
        rescued=Spread.of([each.rescued for each in back]),
        duration=Spread.of([each.seconds for each in complete]),
        stages=_by_name(outcomes, lambda each: each.stages),
        held=_held(outcomes),
        looks=Spread.of([each.looks for each in outcomes]),
        caught_by=_counted(f"{each.kind}: {each.guardrail}" for each in caught),
    )


def _by_name(
    outcomes: Sequence[Outcome], of: Callable[[Outcome], dict[str, float]]
) -> dict[str, Spread]:
    names = dict.fromkeys(name for each in outcomes for name in of(each))
    return {
        name: Spread.of([of(each)[name] for each in outcomes if name in of(each)])
        for name in names
    }


def _held(outcomes: Sequence[Outcome]) -> dict[str, float]:
    names = sorted({name for each in outcomes for name in each.held})
    return {
        name: sum(each.held.get(name, 0.0) for each in outcomes) / len(outcomes)
        for name in names
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))
