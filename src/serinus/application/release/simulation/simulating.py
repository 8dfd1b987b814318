"""One release on made-up traffic, by the judge and the rules that decide on real ones.

Time is made up, too. A look comes every second while a stage, or what goes wrong in it, is
young; later ones come after a fixed part of its age, so that hours are as cheap as minutes. Of
looks at which nothing bad of the candidate's has come in up to ten in a row are one: no test
against it grows by what went well. So a simulated release is looked at less often than a real
one, and each outcome says how often it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from serinus.application.release.simulation.drawing import Draw
from serinus.application.release.simulation.outcome import Observer, Outcome
from serinus.application.release.simulation.pairs import Pairs
from serinus.application.release.simulation.scenarios import Moment, Scenario
from serinus.application.release.simulation.traffic import (
    DAY,
    Flow,
    Rates,
    population,
)
from serinus.application.release.simulation.trips import Heard, Trips
from serinus.domain.release.assignment import NOTHING, Arm, Share
from serinus.domain.release.decision import emergency, situation_of
from serinus.domain.release.evidence import Cell, Counts
from serinus.domain.release.judge import look
from serinus.domain.release.memory import Memory, summed
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Situation, Why

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
SECOND = 1.0  # between two looks, at least
A_MOMENT = 0.001
QUIET = 10  # looks that are left out while nothing bad comes in, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """`looks`: so many times in the age of a stage it is looked at, once that is more than as
    many seconds. `longest`: seconds after which a release is left as it is.
    """

    plan: Plan
    scenario: Scenario
    looks: int = 200
    longest: float = 21_600.0
    workers: int = 2
    traced: bool = False


@dataclass(frozen=True, slots=True)
class _Now:
    """What is wrong while traffic flows."""

    faulty: bool
    out: bool


def simulate(given: Simulated, draw: Draw) -> Outcome:
    """A single release from its start to its end. `draw`: all chance there is in it."""
    run = _Run(given, draw)
    while not run.over:
        run.step()
    return run.observer.ended(run.release, run.seconds)


class _Run:
    def __init__(self, given: Simulated, draw: Draw) -> None:
        self._given, self._draw, self._plan = given, draw, given.plan
        self._scenario, self._traffic = given.scenario, given.scenario.traffic
        salt = f"{draw.random()}"
        self.release = Release.start(UUID(int=1), salt, given.plan, BEGAN, epoch=1)
        self._consumers = population(draw, self._traffic, salt)
        self._memory = Memory()
        self._pairs = Pairs(draw, self._traffic.reads, given.workers)
        self._trips = Trips(draw, given.plan, given.workers, self._traffic.reads)
        self._hour = draw.random() * DAY
        self.seconds = self._young = self._looked = 0.0
        self._entered: dict[int, float] = {}
        self._flow: tuple[_Now, Share, Flow] | None = None
        self._unheard: list[Cell] = []
        numbers = [each.number for each in self._consumers]
        self.observer = Observer(numbers, given.traced)

    @property
    def over(self) -> bool:
        return self.release.ended or self.seconds >= self._given.longest

    def step(self) -> None:
        """Traffic for a while, and a look."""
        now, began = _Now(self._faulty, self._out), self.seconds
        flow = self._flowing(now)
        requests, bad = self._traffic_until_something(flow)
        news = flow.cells_of(self._draw, self.release.epoch, requests, bad)
        counts = {of: summed(each.counts for each in news if each.arm is of) for of in Arm}
        self._pairs.after(self.release, counts, flow.of_stables)
        ours = counts[Arm.CANDIDATE]
        tripped = self._tripped(news, ours, now) if ours.requests else None
        if ours.requests and (now.faulty or not self._scenario.harmful):
            until = None if tripped is None else tripped[0]
            self.observer.served(ours, began, self.release.share, until)
        self._unheard += news
        if tripped is None and self._away:
            return
        news, self._unheard = self._unheard, []
        self._look(news, "" if tripped is None else tripped[1])

    def _look(self, news: Sequence[Cell], tripped: str) -> None:
        release, at = self.release, BEGAN + timedelta(seconds=self.seconds)
        situation = situation_of(release, at, self._seen())
        found, self._memory = look(self._plan, situation, news, self._memory)
        verdict = emergency(found, tripped) if tripped else found
        moved = release.after(verdict, at)
        self.observer.looked(verdict, release, moved, self.seconds, self.seconds - self._looked)
        self._looked = self.seconds
        if verdict.why is Why.GATE:
            moved = moved.promote(at)  # there is always a person who says yes
        if moved.phase in {Phase.RAMPING, Phase.BAKING}:
            self._entered.setdefault(moved.stage, self.seconds)
        self.release = moved

    def _seen(self) -> Situation:
        """What a release does not know of itself."""
        return Situation(
            phase=Phase.COMPARING,
            stage=0,
            share=NOTHING,
            since_epoch=0,
            in_stage=timedelta(),
            comparison=self._pairs.state(),
            workers=self._given.workers,
        )

    def _traffic_until_something(self, flow: Flow) -> tuple[float, list[int]]:
        """How many requests on average until a look that is worth it; what of them was bad."""
        began, bad = self.seconds, [0, 0, 0, 0]
        per_second = self._traffic.at(self._hour + began)
        step = max(SECOND, (began - self._young) / self._given.looks)
        change = began + self._until_a_change()
        for _ in range(QUIET):
            length = min(step, change - self.seconds)
            more = flow.bad(self._draw, per_second * length)
            bad = [a + b for a, b in zip(bad, more, strict=True)]
            self.seconds += length
            if self.seconds >= change or any(more[:2]):
                break
        return per_second * (self.seconds - began), bad

    def _until_a_change(self) -> float:
        """Seconds until time alone changes something: the plan's, or what goes wrong."""
        release = self.release
        back = release.phase is Phase.ROLLING_BACK
        least = self._plan.rollback_dwell if back else release.least_time
        times = [
            (release.since + least - BEGAN).total_seconds(),
            self._given.longest,
            *self._changes(),
        ]
        # A look at the very moment may come a little early, as floating point has it.
        return min(max(each - self.seconds, A_MOMENT) for each in times if each > self.seconds)

    def _changes(self) -> list[float]:
        """When something begins to go wrong, or ends to."""
        fault, outage = self._scenario.fault, self._scenario.outage
        times = [self._time_of(fault.since)]
        if outage is not None:
            began = self._time_of(outage.since)
            times += [began, None if began is None else began + outage.seconds]
        return [each for each in times if each is not None]

    def _time_of(self, moment: Moment) -> float | None:
        entered = self._entered.get(moment.stage)
        return None if entered is None else entered + moment.seconds

    @property
    def _faulty(self) -> bool:
        since = self._time_of(self._scenario.fault.since)
        return self._scenario.harmful and since is not None and self.seconds >= since

    @property
    def _out(self) -> bool:
        outage = self._scenario.outage
        began = None if outage is None else self._time_of(outage.since)
        if outage is None or began is None:
            return False
        return began <= self.seconds < began + outage.seconds

    @property
    def _away(self) -> bool:
        outage = self._scenario.outage
        return outage is not None and outage.unheard and self._out

    def _flowing(self, now: _Now) -> Flow:
        """Kept while nothing changes; what begins anew is young."""
        share = self.release.share
        if self._flow is None or self._flow[:2] != (now, share):
            flow = Flow(self._consumers, self._traffic, self._rates(now), self._plan, share)
            self._flow = (now, share, flow)
            self._young = self.seconds
        return self._flow[2]

    def _rates(self, now: _Now) -> Mapping[Arm, Rates]:
        return self._scenario.rates(faulty=now.faulty, out=now.out)

    def _tripped(self, news: Sequence[Cell], ours: Counts, now: _Now) -> tuple[int, str] | None:
        stable = sum(each.counts.requests for each in news if each.arm is Arm.STABLE)
        fails = self._rates(now)[Arm.STABLE].errors
        heard = Heard(ours.requests, ours.errors, stable, fails)
        return self._trips.hear(self.release.epoch, self.seconds, heard)
