"""Intervals and quantiles, against those of a library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from serinus.application.release.simulation.exact import at_most, interval, quantile


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_is_that_of_clopper_and_pearson(counted: tuple[int, int]) -> None:
    hits, trials = counted
    known = stats.binomtest(hits, trials).proportion_ci(0.95, "exact")

    assert interval(hits, trials) == pytest.approx((known.low, known.high), abs=1e-9)


def test_of_nothing_nothing_is_known() -> None:
    assert interval(0, 0) == (0.0, 1.0)


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.0, 1.0))
def test_the_chance_of_at_most_so_many(hits: int, trials: int, probability: float) -> None:
    hits = min(hits, trials)

    known = stats.binom.cdf(hits, trials, probability)
    assert at_most(hits, trials, probability) == pytest.approx(known, abs=1e-9)


def test_a_quantile_is_one_of_the_values() -> None:
    values = [5.0, 1.0, 3.0, 2.0, 4.0]

    assert [quantile(values, part) for part in (0.0, 0.2, 0.5, 0.9, 1.0)] == [1, 1, 3, 5, 5]
    assert quantile([], 0.5) is None
