"""Chances that are computed, not simulated: a walk of good and bad requests, step by step."""

from collections.abc import Callable

import numpy as np

#: Of so many bad ones of so many requests.
Crosses = Callable[[int, int], bool]


def chance_of_crossing(
    rate: float, horizon: int, crosses: Crosses, *, upward: bool = True, every: int = 1
) -> list[float]:
    """That it has crossed after 1, 2, ... requests; looked at after `every` so many.

    `upward`: who crosses with some bad ones does with more; else with fewer.
    """
    at, out, edge, chances = np.array([1.0]), 0.0, 0 if upward else -1, []
    for n in range(1, horizon + 1):
        at = np.append(at, 0.0) * (1 - rate) + np.append(0.0, at) * rate
        if n % every == 0:
            # The edge only ever rises: another good request takes nothing below it.
            while upward and edge <= n and not crosses(edge, n):
                edge += 1
            while not upward and edge < n and crosses(edge + 1, n):
                edge += 1
            gone = slice(edge, None) if upward else slice(0, edge + 1)
            out += float(at[gone].sum())
            at[gone] = 0.0
        chances.append(out)
    return chances


def median(chances: list[float]) -> int:
    """Requests after which half have crossed."""
    return next(n for n, chance in enumerate(chances, start=1) if chance >= 0.5)
