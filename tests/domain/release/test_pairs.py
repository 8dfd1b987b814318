"""S5: pairs of answers in which one arm alone failed tell which one is worse."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom

from serinus.domain.release.pairs import LIKELY, log_e
from tests.support.exact import chance_of_crossing, median

pairs = st.tuples(st.integers(0, 500), st.integers(0, 500))


@given(pairs)
def test_it_is_a_mean_of_likelihood_ratios_against_a_fair_coin(seen: tuple[int, int]) -> None:
    worse, both = seen[0], sum(seen)
    null = binom.logpmf(worse, both, 0.5)
    ratios = [binom.logpmf(worse, both, each) - null for each in LIKELY]

    assert log_e(*seen) == pytest.approx(
        float(logsumexp(ratios) - np.log(len(LIKELY))), rel=1e-6, abs=1e-6
    )


@given(pairs, st.floats(0, 0.5))
def test_no_next_pair_is_expected_to_raise_it_while_the_candidate_is_no_worse(
    seen: tuple[int, int], chance: float
) -> None:
    (worse, better), now = seen, log_e(*seen)

    after = chance * exp(log_e(worse + 1, better) - now)
    after += (1 - chance) * exp(log_e(worse, better + 1) - now)

    assert after <= 1 + 1e-9


@pytest.mark.parametrize("level", [0.05, 0.0005])
def test_arms_as_good_as_each_other_are_told_apart_no_more_often_than_allowed(
    level: float,
) -> None:
    chance = chance_of_crossing(0.5, 3000, lambda w, n: log_e(w, n - w) >= -log(level))[-1]

    assert 0 < chance <= level


@pytest.mark.parametrize(("rate", "most"), [(1.0, 13), (0.9, 25), (0.75, 70)])
def test_a_candidate_that_fails_more_often_is_found_after_a_few_pairs(
    rate: float, most: int
) -> None:
    """At S5's part of the owner's risk: 0.05 x 1 %."""
    chances = chance_of_crossing(rate, 200, lambda w, n: log_e(w, n - w) >= log(2000))

    assert 8 <= median(chances) <= most


@given(pairs)
def test_each_pair_speaks_for_whom_it_should(seen: tuple[int, int]) -> None:
    worse, better = seen

    assert log_e(worse + 1, better) > log_e(worse, better) > log_e(worse, better + 1)


def test_no_pairs_say_nothing() -> None:
    assert log_e(0, 0) == 0.0
