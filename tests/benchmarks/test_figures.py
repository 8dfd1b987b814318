"""Numbers of a benchmark: quantiles, ratios of rounds, and how sure they are."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from benchmarks.side_by_side.figures import (
    Ratio,
    middle,
    outside,
    quantile,
    ratio,
    timing,
    together,
)

SECONDS = st.floats(1e-6, 100.0)


@given(st.lists(SECONDS, min_size=2))
def test_quantiles_are_those_of_the_standard_library(values: list[float]) -> None:
    ordered = sorted(values)

    quarters = statistics.quantiles(ordered, n=4, method="inclusive")

    assert [quantile(ordered, q) for q in (0.25, 0.5, 0.75)] == pytest.approx(quarters)


def test_a_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no request was answered"):
        timing([[], []], [0.0, 0.0])


def test_times_are_of_all_requests_and_the_rate_is_of_the_median_round() -> None:
    told = timing([[0.001, 0.002], [0.003]], [10.0, 30.0])

    assert told.requests == 3
    assert told.p50 == pytest.approx(2.0)
    assert told.rate == 20.0


def test_what_slows_down_a_whole_round_leaves_its_ratio_alone() -> None:
    ours = [[0.01], [0.01], [5.0]]
    theirs = [[0.04], [0.04], [20.0]]

    found = ratio(ours, theirs)

    assert found == Ratio(0.25, 0.25, 0.25)
    assert found.saved == 0.75


def test_rounds_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        ratio([[1.0]], [[1.0], [1.0]])


@pytest.mark.parametrize("n", range(1, 60))
def test_the_interval_is_as_narrow_as_95_percent_allow(n: int) -> None:
    skip = outside(n)

    if skip:
        assert 2 * binom.cdf(skip, n, 0.5) <= 0.05
    if skip < (n - 1) // 2:
        assert 2 * binom.cdf(skip + 1, n, 0.5) > 0.05


@given(st.lists(SECONDS, min_size=1))
def test_an_interval_holds_its_median(values: list[float]) -> None:
    found = middle(values)

    assert min(values) <= found.least <= found.ratio <= found.most <= max(values)


def test_all_together_count_alike() -> None:
    found = together([Ratio(0.1, 0.1, 0.1), Ratio(0.4, 0.4, 0.4)])

    assert found.ratio == pytest.approx(0.2)
