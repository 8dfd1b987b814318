"""Chance is what it is said to be."""

from random import Random

import numpy as np
import pytest
from scipy import stats

from serinus.application.release.simulation.drawing import LARGE, poisson


@pytest.mark.parametrize("mean", [0.05, 1.0, LARGE - 0.5, LARGE, 40.0, 900.0])
def test_numbers_of_events_are_those_of_poisson(mean: float) -> None:
    draw = Random(f"events {mean}")  # noqa: S311 - no secret
    drawn = [poisson(draw, mean) for _ in range(20_000)]

    edges = sorted({int(stats.poisson.ppf(part, mean)) for part in np.arange(0.1, 1.0, 0.1)})
    cumulated = [*stats.poisson.cdf(edges, mean), 1.0]
    expected = len(drawn) * np.diff([0.0, *cumulated])
    seen = np.bincount(np.searchsorted(edges, drawn), minlength=len(edges) + 1)

    assert stats.chisquare(seen, expected).pvalue > 0.001


def test_what_never_happens_is_never_drawn() -> None:
    assert [poisson(Random(1), mean) for mean in (0.0, -1.0)] == [0, 0]  # noqa: S311 - no secret
