"""What a worker has counted and not told yet: plain sums, bounded whatever clients do."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import EDGES, MOST_ROUTES, POOLED_ROUTE

#: Epochs that are told apart before the oldest are let go: only an endless outage gets there.
MOST_EPOCHS = 16

Place = tuple[UUID, int, Arm, str, int]
"""Release, epoch, arm, route and stratum."""

Row = tuple[UUID, int, Arm, str]


@dataclass(slots=True)
class Seen:
    """One request, as far as evidence goes. `seconds`: until its answer had begun or ended."""

    place: Place
    seconds: float
    error: bool
    slow: bool
    client_error: bool
    rescued: bool = False
    shared: bool = False
    cache_hit: bool | None = None
    queries: int = 0
    db_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """In the order of `Counts`; histograms have the edges of the domain."""

    counts: Mapping[Place, list[float]]
    histograms: Mapping[Row, list[int]]

    def __bool__(self) -> bool:
        return bool(self.counts)


class EvidenceCounters:
    def __init__(self) -> None:
        self._routes: set[str] = set()
        self._epochs: set[int] = set()
        self._counts: dict[Place, list[float]] = {}
        self._histograms: dict[Row, list[int]] = {}

    def route(self, template: str | None) -> str:
        """Under which name it is counted: the first ones by their own, the rest together."""
        if template is None:
            return POOLED_ROUTE
        if template in self._routes:
            return template
        if len(self._routes) >= MOST_ROUTES:
            return POOLED_ROUTE
        self._routes.add(template)
        return template

    def add(self, seen: Seen) -> None:
        counts = self._counts.get(seen.place)
        if counts is None:
            if not self._room_for(seen.place[1]):
                return
            counts = self._counts[seen.place] = [0] * 10
        counts[0] += 1
        counts[1] += seen.error
        counts[2] += seen.slow
        counts[3] += seen.client_error
        if seen.cache_hit is not None:
            counts[4 if seen.cache_hit else 5] += 1
        counts[6] += seen.queries
        counts[7] += seen.db_seconds
        counts[8] += seen.rescued
        counts[9] += seen.shared
        row = seen.place[:4]
        histogram = self._histograms.get(row)
        if histogram is None:
            histogram = self._histograms[row] = [0] * len(EDGES)
        histogram[bisect_left(EDGES, seen.seconds * 1000)] += 1

    def take(self) -> Batch:
        """What has been counted since it was taken last."""
        batch = Batch(self._counts, self._histograms)
        self._counts, self._histograms, self._epochs = {}, {}, set()
        return batch

    def _room_for(self, epoch: int) -> bool:
        """The oldest one makes room for a newer one."""
        if epoch in self._epochs:
            return True
        if len(self._epochs) >= MOST_EPOCHS:
            oldest = min(self._epochs)
            if epoch < oldest:
                return False
            self._epochs.remove(oldest)
            self._counts = {p: each for p, each in self._counts.items() if p[1] != oldest}
            self._histograms = {
                row: each for row, each in self._histograms.items() if row[1] != oldest
            }
        self._epochs.add(epoch)
        return True
