"""S3: whether the candidate is worse than stable is not misled by consumers or by time."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from serinus.domain.release import relative
from serinus.domain.release.evidence import STRATA
from serinus.domain.release.frailty import Frailty
from serinus.domain.release.relative import NEUTRAL, TIMES, History, Look, log_factors

RATES = [0.005] * STRATA
SAME = [1.0] * STRATA
LOOKS, BASELINE, REQUESTS = 120, 60, 5_000


def served(requests: int, stratum: int = 0) -> list[int]:
    return [requests if n == stratum else 0 for n in range(STRATA)]


def one_look(ours: int, theirs: int, bad: tuple[int, int]) -> Look:
    return Look(served(ours), served(theirs, 255), *bad)


@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.tuples(st.integers(0, 50), st.integers(0, 50)),
    st.floats(1, 5),
)
def test_a_look_is_a_likelihood_ratio_of_whose_the_errors_are(
    ours: int, theirs: int, bad: tuple[int, int], ratio: float
) -> None:
    """By scipy, of so many errors of the candidate among all."""
    w = ours / (ours + theirs)
    null = ratio * w / (ratio * w + 1 - w)

    factors = log_factors(one_look(ours, theirs, bad), RATES, ratio)

    for times, factor in zip(TIMES, factors, strict=True):
        other = times * ratio * w / (times * ratio * w + 1 - w)
        direct = binom.logpmf(bad[0], sum(bad), other) - binom.logpmf(bad[0], sum(bad), null)
        assert factor == pytest.approx(direct, rel=1e-6, abs=1e-6)


@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.floats(1, 5),
    st.just(0.0) | st.floats(1e-12, 1),
)
def test_no_error_is_expected_to_raise_it_while_the_candidate_is_no_worse_than_allowed(
    ours: int, theirs: int, ratio: float, part: float
) -> None:
    w = ours / (ours + theirs)
    chance = part * ratio * w / (ratio * w + 1 - w)

    against = log_factors(one_look(ours, theirs, (1, 0)), RATES, ratio)
    in_favour = log_factors(one_look(ours, theirs, (0, 1)), RATES, ratio)

    for more, less in zip(against, in_favour, strict=True):
        assert chance * exp(more) + (1 - chance) * exp(less) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("ours", "theirs", "bad"), [(10, 10, (0, 0)), (10, 0, (9, 0)), (0, 10, (0, 9))]
)
def test_no_errors_and_nothing_to_compare_with_say_nothing(
    ours: int, theirs: int, bad: tuple[int, int]
) -> None:
    assert log_factors(one_look(ours, theirs, bad), RATES, 1.5) is NEUTRAL


def test_consumers_who_fail_more_often_by_nature_are_expected_to() -> None:
    frail = [0.05 if n == 0 else 0.005 for n in range(STRATA)]
    look = one_look(100, 100, (10, 1))

    naive, weighted = (
        relative.log_e(log_factors(look, rates, 1.5)) for rates in (RATES, frail)
    )

    assert naive > 0 > weighted


def test_history_tells_what_the_first_strata_did() -> None:
    history = History(tuple(range(STRATA)), (1,) * STRATA)

    assert history.first(3) == (3, 3)
    assert history.first(0) == (0, 0)


class Consumers:
    """200 who stick to their arm: a few bring most of the traffic, some fail much more often
    than others. Both engines fail each of them alike.
    """

    def __init__(self, seed: int, *, share: float = 0.1) -> None:
        self.random = np.random.default_rng(seed)
        traffic = self.random.pareto(1.2, 200) + 0.05
        self.traffic = REQUESTS * traffic / traffic.sum()
        frailty = self.random.lognormal(0, 1.2, 200)
        self.rates = np.minimum(0.002 * frailty / (frailty @ traffic) * traffic.sum(), 0.5)
        self.strata = self.random.integers(0, STRATA, 200)
        self.moved = self.strata < share * STRATA

    def look(self, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        requests = self.random.poisson(self.traffic)
        return requests, self.random.binomial(requests, np.minimum(factor * self.rates, 1))

    def by_stratum(self, counts: np.ndarray) -> list[int]:
        sums: list[int] = np.bincount(self.strata, counts, STRATA).astype(int).tolist()
        return sums


def highest(seed: int, *, weighted: bool) -> float:
    """Of ln E, over a release of identical engines."""
    consumers, frailty = Consumers(seed), Frailty()
    logs, top = np.zeros(len(TIMES)), 0.0
    for n in range(BASELINE + LOOKS):
        requests, bad = consumers.look()
        ours = consumers.moved & (n >= BASELINE)
        theirs = consumers.by_stratum(requests * ~ours)
        look = Look(
            consumers.by_stratum(requests * ours),
            theirs,
            int(bad[ours].sum()),
            int(bad[~ours].sum()),
        )
        rates = frailty.rates() if weighted else SAME
        logs += np.array(log_factors(look, rates, 1.5))
        top = max(top, relative.log_e(logs.tolist()))
        if weighted:
            frailty = frailty.after(theirs, consumers.by_stratum(bad * ~ours))
    return top


def test_identical_engines_with_consumers_of_all_kinds_are_not_told_apart() -> None:
    """Where the part of requests would be taken for what is expected, they are."""
    naive = sum(highest(seed, weighted=False) >= log(100) for seed in range(20))
    weighted = sum(highest(seed, weighted=True) >= log(100) for seed in range(20))

    assert naive >= 2
    assert weighted == 0
