"""S4: a change that comes late is caught, however long one has looked for it in vain."""

from math import exp, inf, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom

from serinus.domain.release.eprocess import log_add_exp, log_breach, log_factor
from serinus.domain.release.late_onset import LateOnset, log_weight

LIMIT, ALPHA = 0.005, 0.01
looks = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40)).map(lambda s: (min(s), s[1])), max_size=12
)


def after(seen: list[tuple[int, int]]) -> LateOnset:
    onset = LateOnset()
    for bad, requests in seen:
        onset = onset.after(bad, requests, LIMIT)
    return onset


def test_what_begins_has_weights_that_sum_to_1_over_all_time() -> None:
    summed = sum(exp(log_weight(look)) for look in range(1, 200_000))
    # The integral of 1 / (n ln^2 n) bounds what is left.
    rest = 1 / 2.1098 / log(200_000)

    assert 0.99 < summed + rest <= 1.0


@given(looks)
def test_it_is_a_weighted_sum_of_tests_that_begin_with_each_look(
    seen: list[tuple[int, int]],
) -> None:
    trafficked = [(bad, requests) for bad, requests in seen if requests]
    direct = []
    for first in range(len(trafficked)):
        bad = sum(each for each, _ in trafficked[first:])
        requests = sum(each for _, each in trafficked[first:])
        direct.append(log_weight(first + 1) + log_breach(bad, requests, LIMIT))

    onset = after(seen)

    assert onset.looks == len(trafficked)
    assert onset.log_e == pytest.approx(float(logsumexp(direct)) if direct else -inf)


@given(looks, st.integers(1, 8), st.integers(0, 20))
def test_together_with_the_weights_to_come_it_is_never_expected_to_grow(
    seen: list[tuple[int, int]], requests: int, twentieths: int
) -> None:
    """So Ville's inequality holds, with all that may still begin counted in from the start."""
    onset, rate = after(seen), twentieths / 20 * LIMIT
    begun = exp(log_weight(onset.looks + 1))

    expected = sum(
        binom.pmf(bad, requests, rate) * exp(onset.after(bad, requests, LIMIT).log_e)
        for bad in range(requests + 1)
    )

    assert expected <= (exp(onset.log_e) + begun) * (1 + 1e-9)


def test_at_the_limit_it_is_wrong_no_more_often_than_allowed_however_long_it_runs() -> None:
    """Where it alarms at 1/20, of 200 that run for 300 looks each."""
    random, alarms = Random(4), 0  # noqa: S311 - seeded
    for _ in range(200):
        onset = LateOnset()
        alarmed = False
        for _ in range(300):
            onset = onset.after(sum(random.random() < 0.1 for _ in range(3)), 3, 0.1)
            alarmed = alarmed or onset.log_e >= log(20)
        alarms += alarmed

    assert 0 < alarms <= 10


def test_that_it_alarms_once_in_so_many_looks_would_not_do() -> None:
    """The detector as published, for comparison: it alarms by mistake again and again."""
    random, alarms = Random(4), 0  # noqa: S311 - seeded
    for _ in range(50):
        total, alarmed = -inf, False
        for _ in range(300):
            bad = sum(random.random() < 0.1 for _ in range(3))
            total = log_add_exp(total, 0.0) + log_factor(bad, 3, 0.1, 0.2)
            alarmed = alarmed or total >= log(20)
        alarms += alarmed

    assert alarms > 25


def test_a_late_change_is_caught_where_the_test_of_a_whole_stage_is_slow() -> None:
    """After 200,000 good requests, one in twenty fails."""
    random, onset = Random(1), LateOnset()  # noqa: S311 - seeded
    for _ in range(2_000):
        onset = onset.after(0, 100, LIMIT)
    bad = requests = late = 0
    while log_breach(bad, 200_000 + requests, LIMIT) < -log(ALPHA):
        more = sum(random.random() < 0.05 for _ in range(10))
        bad, requests = bad + more, requests + 10
        onset = onset.after(more, 10, LIMIT)
        if not late and onset.log_e >= -log(ALPHA):
            late = requests

    assert 0 < late <= 300
    assert requests > 20 * late


def test_looks_without_traffic_cost_nothing() -> None:
    onset = after([(1, 10)])

    assert onset.after(0, 0, LIMIT) is onset


def test_to_begin_anew_forgets_what_there_was_and_goes_on_with_the_weights() -> None:
    onset = after([(5, 10)] * 3)
    anew = onset.begun()

    assert anew.log_e == -inf
    assert anew.looks == 3
    assert anew.after(5, 10, LIMIT).log_e == pytest.approx(
        log_weight(4) + log_breach(5, 10, LIMIT)
    )


@given(looks)
def test_it_survives_being_written_down(seen: list[tuple[int, int]]) -> None:
    onset = after(seen)
    written, logs = onset.to_json()

    assert isinstance(written, int)
    assert isinstance(logs, list)
    assert LateOnset.from_json(written, logs) == onset
