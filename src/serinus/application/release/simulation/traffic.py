"""Made-up traffic: consumers who differ, stick to their arm, and come as the day goes.

A consumer's requests are a Poisson process, so those of a cell (arm, route, stratum) are one,
too, and so are the failed and the slow ones among them: each kind is drawn on its own, and
nothing is approximated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import pi, sin

from serinus.application.release.simulation.drawing import Draw, cumulated, poisson
from serinus.domain.release.assignment import Arm, Share, bucket
from serinus.domain.release.evidence import Cell, Counts, stratum
from serinus.domain.release.memory import KINDS
from serinus.domain.release.plan import Plan

#: Part of the consumers, by the route that they call.
ROUTES: Mapping[str, float] = {
    "/api/v1/posts": 0.6,
    "/api/v1/posts/{post_id}": 0.3,
    "/api/v1/tags": 0.1,
}
DAY = 86_400.0
#: More requests than so many of each cell are drawn by cell, and not one by one.
MANY = 8
#: No consumer's requests fail more often while everything is as usual.
WORST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """`rate`: requests a second, averaged over the day, of which `day` is the swing (0 to 1).
    `tail`: Pareto index of how busy consumers are; the smaller, the more the first few do.
    `unlike`: standard deviation of the logarithm of how often each one's requests fail.
    Parts of the requests: `errors` and `slow` on stable, `reads`.
    """

    consumers: int = 500
    rate: float = 50.0
    tail: float = 1.5
    unlike: float = 0.5
    errors: float = 0.003
    slow: float = 0.002
    reads: float = 0.9
    day: float = 0.5

    def at(self, seconds: float) -> float:
        """Requests a second at that time of the day."""
        return self.rate * (1.0 + self.day * sin(2.0 * pi * seconds / DAY))


@dataclass(frozen=True, slots=True)
class Consumer:
    """`route`: the one it calls. `part`: of all requests. `times`: as often as the average its
    requests fail.
    """

    number: int
    route: str
    part: float
    times: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Parts of an arm's requests that fail and that are slow, all its consumers together."""

    errors: float
    slow: float


def population(draw: Draw, traffic: Traffic, salt: str) -> list[Consumer]:
    """Buckets are those that the switch would find."""
    busy = [draw.paretovariate(traffic.tail) for _ in range(traffic.consumers)]
    spread = traffic.unlike
    fails = [draw.lognormvariate(-spread * spread / 2, spread) for _ in busy]
    paths, sums = list(ROUTES), cumulated(list(ROUTES.values()))
    routes = draw.choices(range(len(paths)), cum_weights=sums, k=traffic.consumers)
    total = sum(busy)
    # What was asked for is the rate of all requests, whoever turned out to be the busiest.
    average = sum(b * f for b, f in zip(busy, fails, strict=True)) / total
    return [
        Consumer(bucket(salt, f"consumer-{n}"), paths[route], b / total, f / average)
        for n, (b, f, route) in enumerate(zip(busy, fails, routes, strict=True))
    ]


@dataclass(slots=True)
class _Place:
    """What a cell gets of all requests of all arms: those that end well, fail, are slow."""

    good: float = 0.0
    errors: float = 0.0
    slow: float = 0.0

    def of(self, kind: str) -> float:
        return self.errors if kind == "errors" else self.slow


@dataclass(frozen=True, slots=True)
class _Kind:
    """Requests of one ending: the part of all that ends so, and of each cell, summed up."""

    part: float
    places: Sequence[float]
    sums: Sequence[float]


class Flow:
    """The traffic while a share and what fails stay as they are."""

    def __init__(
        self,
        consumers: Sequence[Consumer],
        usual: Traffic,
        rates: Mapping[Arm, Rates],
        plan: Plan,
        share: Share,
    ) -> None:
        self._reads, self._stable_fails = usual.reads, rates[Arm.STABLE].errors
        places: dict[tuple[Arm, str, int], _Place] = {}
        below = {route: _share(plan, route, share).basis_points for route in ROUTES}
        for each in consumers:
            arm = Arm.CANDIDATE if each.number < below[each.route] else Arm.STABLE
            place = places.setdefault((arm, each.route, stratum(each.number)), _Place())
            _pour(place, each, usual, rates[arm])
        #: Of the requests that stable serves, the part that each arm fails, or would.
        self.of_stables = {arm: _failing(consumers, below, usual, rates[arm]) for arm in Arm}
        self.cells = list(places)
        self._numbers = range(len(self.cells))
        self._good = _kind([each.good for each in places.values()])
        self._bad = [
            _kind([each.of(kind) * (of is arm) for (of, _, _), each in places.items()])
            for arm in (Arm.CANDIDATE, Arm.STABLE)
            for kind in KINDS
        ]

    def bad(self, draw: Draw, requests: float) -> list[int]:
        """Among so many requests, as an average: failed and slow ones of the candidate's, and
        then of stable's.
        """
        return [poisson(draw, requests * each.part) for each in self._bad]

    def cells_of(
        self, draw: Draw, epoch: int, requests: float, bad: Sequence[int]
    ) -> list[Cell]:
        """`requests`: an average; the bad ones among them have been drawn."""
        well = self._spread(draw, requests * self._good.part)
        drawn = [
            self._one_by_one(draw, kind, count)
            for kind, count in zip(self._bad, bad, strict=True)
        ]
        failed, slow = {**drawn[0], **drawn[2]}, {**drawn[1], **drawn[3]}
        return [
            self._cell(draw, epoch, number, (well.get(number, 0), failed, slow))
            for number in dict.fromkeys((*well, *failed, *slow))
        ]

    def _cell(
        self,
        draw: Draw,
        epoch: int,
        number: int,
        of: tuple[int, Mapping[int, int], Mapping[int, int]],
    ) -> Cell:
        place, (well, failed, slow) = self.cells[number], of
        if number in failed or number in slow:
            counts = self._counts(
                draw, place[0], well, failed.get(number, 0), slow.get(number, 0)
            )
        else:
            counts = _well(well)
        return Cell(epoch, *place, counts)

    def _counts(self, draw: Draw, arm: Arm, well: int, failed: int, slow: int) -> Counts:
        """A read that the candidate fails is asked of stable, too."""
        rescued = shared = 0
        for _ in range(failed if arm is Arm.CANDIDATE else 0):
            if draw.random() < self._reads:
                fails = draw.random() < self._stable_fails
                rescued, shared = rescued + (not fails), shared + fails
        total = well + failed + slow
        return Counts(total, failed, slow, rescued=rescued, shared=shared)

    def _spread(self, draw: Draw, requests: float) -> Mapping[int, int]:
        if requests <= MANY * len(self.cells):
            return self._one_by_one(draw, self._good, poisson(draw, requests))
        scale = requests / self._good.part
        drawn = {
            number: poisson(draw, scale * part) for number, part in enumerate(self._good.places)
        }
        return {number: count for number, count in drawn.items() if count}

    def _one_by_one(self, draw: Draw, kind: _Kind, count: int) -> Mapping[int, int]:
        found: dict[int, int] = {}
        if not count:
            return found
        for number in draw.choices(self._numbers, cum_weights=kind.sums, k=count):
            found[number] = found.get(number, 0) + 1
        return found


def _share(plan: Plan, route: str, share: Share) -> Share:
    """As the switch has it."""
    if route in plan.excluded_routes:
        return Share(0)
    return min(share, plan.route_shares.get(route, share))


def _failing(
    consumers: Sequence[Consumer], below: Mapping[str, int], usual: Traffic, rates: Rates
) -> float:
    """By those who are stable's: they may fail less often than the candidate's."""
    theirs = [each for each in consumers if each.number >= below[each.route]]
    failed = sum(each.part * _own(each.times, usual.errors, rates.errors) for each in theirs)
    return failed / total if (total := sum(each.part for each in theirs)) else 0.0


def _pour(place: _Place, each: Consumer, usual: Traffic, rates: Rates) -> None:
    errors = _own(each.times, usual.errors, rates.errors)
    slow = _own(each.times, usual.slow, rates.slow) * (1.0 - errors)
    place.errors += each.part * errors
    place.slow += each.part * slow
    place.good += each.part * (1.0 - errors - slow)


def _own(times: float, usual: float, rate: float) -> float:
    """What a consumer sees of a rate. Who sees more of the usual sees no more of a fault that
    comes on top of it: it may hit everybody's requests, and 100 % is all of them.
    """
    if rate <= usual:
        return min(WORST, times * rate)
    on_top = (rate - usual) / (1.0 - usual)
    own = min(WORST, times * usual)
    return own + (1.0 - own) * on_top


@lru_cache(maxsize=1024)
def _well(requests: int) -> Counts:
    return Counts(requests)


def _kind(places: Sequence[float]) -> _Kind:
    return _Kind(sum(places), places, cumulated(places))
