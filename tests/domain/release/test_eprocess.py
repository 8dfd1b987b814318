"""S1: evidence about a limit means what it says, whatever the rate and however one looks."""

from itertools import product
from math import exp, inf, isclose, log, prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom

from serinus.domain.release.eprocess import (
    BETTER,
    HIGHEST,
    WORSE,
    divergence,
    log_add_exp,
    log_breach,
    log_factor,
    log_mean_exp,
    log_proof,
    needed,
)
from tests.support.exact import chance_of_crossing, median

LIMIT, ALPHA, BETA = 0.005, 0.01, 0.05
limits = st.floats(1e-4, 0.49)
counts = st.integers(0, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def independent(bad: int, requests: int, limit: float, rates: list[float]) -> float:
    """The same by scipy's likelihoods: the binomial coefficient cancels out."""
    null = binom.logpmf(bad, requests, limit)
    ratios = [binom.logpmf(bad, requests, rate) - null for rate in rates]
    return float(logsumexp(ratios) - np.log(len(rates)))


@given(counts, limits)
def test_evidence_of_a_breach_is_a_mean_of_likelihood_ratios(
    seen: tuple[int, int], limit: float
) -> None:
    rates = [min(HIGHEST, limit * times) for times in WORSE]

    assert log_breach(*seen, limit) == pytest.approx(
        independent(*seen, limit, rates), rel=1e-6, abs=1e-6
    )


@given(counts, limits)
def test_evidence_of_a_limit_kept_is_one_too(seen: tuple[int, int], limit: float) -> None:
    rates = [limit * times for times in BETTER]

    assert log_proof(*seen, limit) == pytest.approx(
        independent(*seen, limit, rates), rel=1e-6, abs=1e-6
    )


@given(counts, limits, st.floats(0, 1))
def test_no_next_request_is_expected_to_raise_evidence_of_a_breach_within_the_limit(
    seen: tuple[int, int], limit: float, part: float
) -> None:
    (bad, requests), rate = seen, part * limit
    now = log_breach(bad, requests, limit)

    after = rate * exp(log_breach(bad + 1, requests + 1, limit) - now)
    after += (1 - rate) * exp(log_breach(bad, requests + 1, limit) - now)

    assert after <= 1 + 1e-9


@given(counts, limits, st.floats(0, 1))
def test_no_next_request_is_expected_to_raise_evidence_of_a_limit_kept_beyond_it(
    seen: tuple[int, int], limit: float, part: float
) -> None:
    (bad, requests), rate = seen, limit + part * (1 - limit)
    now = log_proof(bad, requests, limit)

    after = rate * exp(log_proof(bad + 1, requests + 1, limit) - now)
    after += (1 - rate) * exp(log_proof(bad, requests + 1, limit) - now)

    assert after <= 1 + 1e-9


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.02, 0.05])
@pytest.mark.parametrize("requests", [1, 10, 200])
def test_the_expectation_is_1_at_the_limit_and_less_below_it(
    rate: float, requests: int
) -> None:
    limit = 0.05
    chances = binom.pmf(np.arange(requests + 1), requests, rate)
    values = [exp(log_breach(bad, requests, limit)) for bad in range(requests + 1)]

    expectation = float(chances @ values)

    assert expectation == pytest.approx(1.0) if rate == limit else expectation < 1.0


def test_looks_of_several_requests_with_rates_of_their_own_keep_it_valid() -> None:
    limit, looks = 0.1, [(0.1, 0.02), (0.0, 0.1, 0.07), (0.1,), (0.05, 0.1)]
    rates = [rate for look in looks for rate in look]
    ends = np.cumsum([len(look) for look in looks])

    expected, crossed = 0.0, 0.0
    for outcome in product((0, 1), repeat=len(rates)):
        chance = prod(p if bad else 1 - p for p, bad in zip(rates, outcome, strict=True))
        seen = [exp(log_breach(sum(outcome[:end]), int(end), limit)) for end in ends]
        expected += chance * seen[-1]
        crossed += chance * (max(seen) >= 20)

    assert expected <= 1.0
    assert 0.0 < crossed <= 1 / 20


@pytest.mark.parametrize("every", [1, 7, 60])
@pytest.mark.parametrize(("limit", "level"), [(0.005, 0.01), (0.05, 0.05), (0.3, 0.2)])
def test_a_rate_at_the_limit_is_never_called_a_breach_more_often_than_allowed(
    limit: float, level: float, every: int
) -> None:
    """Ville's inequality, exactly, over thousands of looks."""
    chance = chance_of_crossing(
        limit, 4000, lambda bad, n: log_breach(bad, n, limit) >= -log(level), every=every
    )[-1]

    assert level / 30 < chance <= level


@pytest.mark.parametrize(("limit", "level"), [(0.005, 0.05), (0.05, 0.05), (0.3, 0.2)])
def test_a_rate_at_the_limit_is_never_called_kept_more_often_than_allowed(
    limit: float, level: float
) -> None:
    chance = chance_of_crossing(
        limit, 4000, lambda bad, n: log_proof(bad, n, limit) >= -log(level), upward=False
    )[-1]

    assert level / 20 < chance <= level


@pytest.mark.parametrize(
    ("rate", "requests"), [(0.02, 410), (0.05, 71), (0.10, 26), (0.30, 6), (1.0, 2)]
)
def test_a_breach_is_found_after_as_many_requests_as_promised(
    rate: float, requests: int
) -> None:
    chances = chance_of_crossing(
        rate, 3 * requests, lambda bad, n: log_breach(bad, n, LIMIT) >= -log(ALPHA)
    )

    assert median(chances) == pytest.approx(requests, rel=0.03, abs=1)


@pytest.mark.parametrize(
    ("rate", "requests"), [(0.0, 736), (0.0005, 736), (0.001, 1304), (0.002, 2503)]
)
def test_a_limit_is_proven_kept_after_as_many_requests_as_promised(
    rate: float, requests: int
) -> None:
    chances = chance_of_crossing(
        rate,
        2 * requests,
        lambda bad, n: log_proof(bad, n, LIMIT) >= -log(BETA),
        upward=False,
    )

    assert median(chances) == pytest.approx(requests, rel=0.03)


@given(counts, limits)
def test_more_bad_requests_never_speak_less_for_a_breach_or_more_for_a_limit_kept(
    seen: tuple[int, int], limit: float
) -> None:
    bad, requests = seen
    assume(bad < requests)

    assert log_breach(bad + 1, requests, limit) >= log_breach(bad, requests, limit)
    assert log_proof(bad + 1, requests, limit) <= log_proof(bad, requests, limit)


@given(limits)
def test_nothing_seen_says_nothing(limit: float) -> None:
    assert log_breach(0, 0, limit) == log_proof(0, 0, limit) == 0.0


@given(counts, limits)
def test_no_evidence_is_both_of_a_breach_and_of_a_limit_kept(
    seen: tuple[int, int], limit: float
) -> None:
    assert min(log_breach(*seen, limit), log_proof(*seen, limit)) <= 1e-9


@pytest.mark.parametrize(("bad", "requests"), [(0, 100), (0, 700), (1, 600), (2, 1500)])
def test_what_is_needed_is_there_when_about_that_many_more_have_come(
    bad: int, requests: int
) -> None:
    threshold = -log(BETA)
    more = needed(bad, requests, LIMIT, threshold)

    assert more is not None
    assert log_proof(bad, requests, LIMIT) < threshold
    after = requests + more
    assert log_proof(bad * after // requests, after, LIMIT) == pytest.approx(threshold, rel=0.4)
    assert needed(0, 736, LIMIT, threshold) == 0


def test_nothing_is_promised_where_the_rate_is_not_below_the_limit() -> None:
    assert needed(6, 1000, LIMIT, -log(BETA)) is None
    assert needed(50, 1000, LIMIT, -log(BETA)) is None


@given(st.floats(1e-6, 0.999), limits)
def test_a_divergence_is_that_of_two_coins(rate: float, limit: float) -> None:
    direct = rate * np.log(rate / limit) + (1 - rate) * np.log((1 - rate) / (1 - limit))

    assert divergence(rate, limit) == pytest.approx(direct, abs=1e-9)
    assert divergence(rate, limit) >= -1e-12


def test_a_rate_of_nothing_dies_of_the_first_bad_request() -> None:
    assert log_factor(1, 10, 0.1, 0.0) == -inf
    assert isclose(log_factor(0, 10, 0.1, 0.0), -10 * log(0.9))
    assert log_mean_exp([-inf, -inf]) == -inf
    assert log_add_exp(-inf, 2.0) == log_add_exp(2.0, -inf) == 2.0
