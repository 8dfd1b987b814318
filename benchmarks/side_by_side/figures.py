"""Numbers of what was measured. Pure: takes seconds and gives shares.

Of two ways only the ratio within one run is looked at: what else the machine does slows down
both. In each round each way has its turn, and the rounds' ratios have a median and an interval.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp, log

CONFIDENCE = 0.95
SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)  # quantiles, as `Timing` has them


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of the time of one way to that of another; `least` to `most` is the 95 % interval."""

    ratio: float
    least: float
    most: float

    @property
    def saved(self) -> float:
        """The share of the other way's time that this one does not need."""
        return 1 - self.ratio


@dataclass(frozen=True, slots=True)
class Timing:
    """Of all requests, in milliseconds; `rate`: requests a second of the median round."""

    requests: int
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    p99: float
    rate: float


def timing(rounds: Sequence[Sequence[float]], rates: Sequence[float]) -> Timing:
    """`rounds`: seconds of each request. Raise `ValueError` when there was none."""
    everything = sorted(each for taken in rounds for each in taken)
    p5, p25, p50, p75, p95, p99 = (1000 * quantile(everything, share) for share in SHOWN)
    rate = statistics.median(rates)
    return Timing(len(everything), p5, p25, p50, p75, p95, p99, rate)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between neighbours, linear (Hyndman and Fan, type 7)."""
    if not ordered:
        raise ValueError("no request was answered")
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def ratio(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> Ratio:
    """Of medians, round by round."""
    pairs = zip(ours, theirs, strict=True)
    return middle([statistics.median(our) / statistics.median(their) for our, their in pairs])


def middle(values: Sequence[float]) -> Ratio:
    """The median with an interval that assumes nothing of how values are distributed."""
    ordered = sorted(values)
    skip = outside(len(ordered))
    return Ratio(statistics.median(ordered), ordered[skip], ordered[-1 - skip])


def outside(n: int) -> int:
    """How many values on either side do not bound the median, with 95 % confidence.

    By the binomial distribution (David and Nagaraja, Order Statistics, 7.1). With five values
    and fewer, all of them bound it, with less.
    """
    skip, below = 0, 0.0
    while skip < (n - 1) // 2:
        below += comb(n, skip) / 2**n
        if 2 * (below + comb(n, skip + 1) / 2**n) > 1 - CONFIDENCE:
            break
        skip += 1
    return skip


def together(ratios: Sequence[Ratio]) -> Ratio:
    """Their geometric mean: each counts alike, whatever its milliseconds."""

    def mean(values: Sequence[float]) -> float:
        return exp(sum(log(each) for each in values) / len(values))

    return Ratio(
        mean([each.ratio for each in ratios]),
        mean([each.least for each in ratios]),
        mean([each.most for each in ratios]),
    )
