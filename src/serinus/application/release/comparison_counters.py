"""What a worker has compared and not told yet: plain sums, bounded whatever clients do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from serinus.domain.release.comparison import Difference, Kind
from serinus.domain.release.evidence import POOLED_ROUTE

#: Routes told apart; a write and a read of one template are two.
MOST_ROUTES = 64
#: Places that are told apart, of a release and of what a worker has not told yet.
MOST_PATHS = 100
#: Where all others of a route stand.
OTHER_PLACES = Difference("...", Kind.VALUE, "", "")

Place = tuple[UUID, str]
"""Release and route."""


class Outcome(Enum):
    """What a pair of answers came to; the value is its column."""

    EQUAL = 0
    DIFFERING = 1
    NOISE = 2  # stable differs from itself
    SKIPPED = 3  # too much at once, or too long
    WORSE = 4  # the candidate alone failed
    BETTER = 5  # stable alone failed
    SHARED = 6  # both failed


@dataclass(slots=True)
class Found:
    """A place where answers differ: how often, and what it was the first time."""

    first: Difference
    count: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """One batch. `counts` in the order of `Outcome`; `cannot`: why a route is not compared."""

    counts: Mapping[Place, Sequence[int]]
    found: Mapping[tuple[UUID, str, str], Found]
    cannot: Mapping[Place, str]

    def __bool__(self) -> bool:
        return bool(self.counts)


@dataclass(slots=True)
class ComparisonCounters:
    _routes: set[str] = field(default_factory=set)
    _counts: dict[Place, list[int]] = field(default_factory=dict)
    _found: dict[tuple[UUID, str, str], Found] = field(default_factory=dict)
    _cannot: dict[Place, str] = field(default_factory=dict)

    def add(
        self, place: Place, outcome: Outcome, differences: Sequence[Difference] = ()
    ) -> None:
        release, route = place = self._named(place)
        self._row(place)[outcome.value] += 1
        for each in differences:
            key = (release, route, each.path)
            if key not in self._found and len(self._found) >= MOST_PATHS:
                each, key = OTHER_PLACES, (release, route, OTHER_PLACES.path)  # noqa: PLW2901
            self._found.setdefault(key, Found(each)).count += 1

    def cannot(self, place: Place, why: str) -> None:
        """This request could not be compared, and others of the route are like it."""
        place = self._named(place)
        self._row(place)
        self._cannot.setdefault(place, why)

    def take(self) -> Compared:
        """What has been counted since it was taken last."""
        batch = Compared(self._counts, self._found, self._cannot)
        self._counts, self._found, self._cannot = {}, {}, {}
        return batch

    def _row(self, place: Place) -> list[int]:
        return self._counts.setdefault(place, [0] * len(Outcome))

    def _named(self, place: Place) -> Place:
        """The first routes by their own names, the rest together."""
        release, route = place
        if route not in self._routes and len(self._routes) >= MOST_ROUTES:
            return release, POOLED_ROUTE
        self._routes.add(route)
        return place
