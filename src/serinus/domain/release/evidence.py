"""What each arm did: sums, so that workers, nodes and looks merge by adding."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import accumulate

from serinus.domain.release.assignment import BUCKETS, Arm, Share

#: Groups of consumers of one size. Aligned with the share: below it all are the candidate's,
#: above it all are stable's, and one may be split.
STRATA = 256

#: Routes that are told apart; what comes later is pooled.
MOST_ROUTES = 32
POOLED_ROUTE = "other"

#: Upper edges of a latency histogram in milliseconds, sqrt(2) apart, the last one open.
EDGES: tuple[float, ...] = (*(round(2 ** (n / 2), 3) for n in range(32)), float("inf"))


def stratum(bucket: int) -> int:
    """0 to 255, of a bucket from 0 to 9,999."""
    return bucket * STRATA // BUCKETS


@lru_cache(maxsize=64)
def wholly_below(share: Share) -> int:
    """How many strata, from the first, have all of their buckets below the share."""
    return next((n for n in range(STRATA) if _first(n + 1) > share.basis_points), STRATA)


@lru_cache(maxsize=64)
def wholly_above(share: Share) -> int:
    """The first stratum of which no bucket is below the share; `STRATA` where there is none."""
    return next((n for n in range(STRATA) if _first(n) >= share.basis_points), STRATA)


def _first(stratum_: int) -> int:
    """Its first bucket."""
    return -(-stratum_ * BUCKETS // STRATA)


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of requests, but for `queries` and `db_seconds`.

    errors: 5xx, exception, timeout; slow: over the plan's limit; client_errors: 4xx.
    rescued: the candidate failed and stable answered; shared: stable failed it, too.
    """

    requests: int = 0
    errors: int = 0
    slow: int = 0
    client_errors: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    queries: int = 0
    db_seconds: float = 0.0
    rescued: int = 0
    shared: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.requests + other.requests,
            self.errors + other.errors,
            self.slow + other.slow,
            self.client_errors + other.client_errors,
            self.cache_hits + other.cache_hits,
            self.cache_misses + other.cache_misses,
            self.queries + other.queries,
            self.db_seconds + other.db_seconds,
            self.rescued + other.rescued,
            self.shared + other.shared,
        )

    def to_json(self) -> list[float]:
        return list(astuple(self))

    @classmethod
    def from_json(cls, values: Sequence[float]) -> "Counts":
        return cls(*values)  # type: ignore[arg-type] # whole numbers come back as such


def bad_of(counts: Counts, kind: str) -> int:
    """Errors, slow requests or client errors."""
    match kind:
        case "errors":
            return counts.errors
        case "slow":
            return counts.slow
        case _:
            return counts.client_errors


@dataclass(frozen=True, slots=True)
class Cell:
    """Counts of the requests that were routed in one epoch."""

    epoch: int
    arm: Arm
    route: str
    stratum: int
    counts: Counts


def percentile(histogram: Iterable[int], part: float) -> float | None:
    """Upper edge, in milliseconds, of where `part` (0 to 1) of the requests had an answer.

    None without any requests.
    """
    sums = list(accumulate(histogram))
    if not sums or not sums[-1]:
        return None
    wanted = part * sums[-1]
    return EDGES[next(n for n, total in enumerate(sums) if total >= wanted)]
