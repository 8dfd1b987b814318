"""Intervals that hold exactly, and quantiles; no tables, no approximation by the normal."""

from collections.abc import Callable, Sequence
from math import exp, lgamma, log, log1p

CONFIDENCE = 0.95


def interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Of the probability behind `hits` in `trials`: Clopper & Pearson, Biometrika 1934."""
    if not trials:
        return 0.0, 1.0
    tail = (1.0 - confidence) / 2.0
    # Rising, and falling, with the probability.
    least = 0.0 if not hits else _where(lambda p: 1.0 - at_most(hits - 1, trials, p) >= tail)
    most = 1.0 if hits == trials else _where(lambda p: at_most(hits, trials, p) <= tail)
    return least, most


def at_most(hits: int, trials: int, probability: float) -> float:
    """Of a binomial number: that it is no larger than `hits`."""
    if probability <= 0.0:
        return 1.0
    if probability >= 1.0:
        return float(hits >= trials)
    yes, no = log(probability), log1p(-probability)
    ways = lgamma(trials + 1)
    return min(
        1.0,
        sum(
            exp(ways - lgamma(k + 1) - lgamma(trials - k + 1) + k * yes + (trials - k) * no)
            for k in range(hits + 1)
        ),
    )


def quantile(values: Sequence[float], part: float) -> float | None:
    """The smallest value that at least `part` of them do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = next(n for n in range(1, len(ordered) + 1) if n >= part * len(ordered) - 1e-9)
    return ordered[place - 1]


def _where(true: Callable[[float], bool]) -> float:
    """The smallest probability from which on it is true."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (low, middle) if true(middle) else (middle, high)
    return high
