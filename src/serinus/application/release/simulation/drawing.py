"""Chance, from outside: the same draws make the same traffic."""

from collections.abc import Sequence
from itertools import accumulate
from math import exp, floor, lgamma, log, sqrt
from typing import Protocol

#: From this mean on drawing a Poisson number by its gaps costs more than by rejection.
LARGE = 12.0


class Draw(Protocol):
    """What is needed of `random.Random`."""

    def random(self) -> float:
        """From 0 up to 1, 1 left out."""
        ...

    def randrange(self, stop: int, /) -> int: ...

    def paretovariate(self, alpha: float, /) -> float: ...

    def lognormvariate(self, mu: float, sigma: float, /) -> float: ...

    def sample(self, population: Sequence[int], k: int, /) -> list[int]: ...

    def choices(
        self, population: Sequence[int], /, *, cum_weights: Sequence[float], k: int
    ) -> list[int]: ...


def poisson(draw: Draw, mean: float) -> int:
    """How often something happens that happens `mean` times on average; exact."""
    if mean <= 0.0:
        return 0
    return _by_rejection(draw, mean) if mean >= LARGE else _by_gaps(draw, mean)


def cumulated(weights: Sequence[float]) -> list[float]:
    return list(accumulate(weights))


def _by_gaps(draw: Draw, mean: float) -> int:
    """Knuth, "The Art of Computer Programming", volume 2, section 3.4.1."""
    least, product, count = exp(-mean), draw.random(), 0
    while product > least:
        product *= draw.random()
        count += 1
    return count


def _by_rejection(draw: Draw, mean: float) -> int:
    """Hoermann, "The transformed rejection method for generating Poisson random variables",
    1993: algorithm PTRS. The constants are the paper's.
    """
    b = 0.931 + 2.53 * sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    quick = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u, v = draw.random() - 0.5, 1.0 - draw.random()
        us = 0.5 - abs(u)
        if us <= 0.0:
            continue
        count = floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= quick:
            return count
        if count < 0 or (us < 0.013 and v > us):
            continue
        density = log(v) + log(inverse_alpha) - log(a / (us * us) + b)
        if density <= count * log(mean) - mean - lgamma(count + 1.0):
            return count
