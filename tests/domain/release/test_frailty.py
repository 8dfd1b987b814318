"""Who is prone to failing is learnt from the moment, never from the time of day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serinus.domain.release.evidence import STRATA
from serinus.domain.release.frailty import MOST, MOST_OFF, OWN, SURE, UNIT, Frailty, expected


def strata(*counts: int) -> list[int]:
    return [*counts, *[0] * (STRATA - len(counts))]


def learnt(looks: list[tuple[list[int], list[int]]]) -> Frailty:
    frailty = Frailty()
    for requests, bad in looks:
        frailty = frailty.after(requests, bad)
    return frailty


def test_of_nothing_seen_all_are_alike() -> None:
    assert Frailty().rates() == [UNIT] * STRATA
    assert expected(strata(100, 300), Frailty().rates()) == pytest.approx(400 * UNIT)


def test_who_fails_more_often_than_the_others_is_found_out() -> None:
    random = np.random.default_rng(5)
    looks = [
        (strata(500, 500), strata(*random.binomial(500, [0.002, 0.008]).tolist()))
        for _ in range(400)
    ]

    rates = learnt(looks).rates()

    assert rates[1] / rates[0] == pytest.approx(4, rel=0.25)


def test_an_outage_does_not_make_those_look_bad_who_were_there() -> None:
    """The first stratum was moved away before it came."""
    before = learnt([(strata(100, 100, 100), strata(1, 1, 1))] * 30)

    after = before
    for _ in range(20):
        after = after.after(strata(0, 100, 100), strata(0, 100, 100))

    assert after.rates()[0] == before.rates()[0]
    assert after.rates()[1] == pytest.approx(before.rates()[1], rel=0.1)


def test_an_outage_does_not_drown_what_is_known() -> None:
    before = learnt([(strata(100, 100), strata(0, 2))] * 50)

    after = before.after(strata(900, 900), strata(900, 900))

    assert sum(after.bad) - sum(before.bad) == pytest.approx(MOST)
    assert after.rates()[1] > 10 * after.rates()[0]


looks = st.lists(
    st.lists(
        st.integers(0, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
        min_size=3,
        max_size=3,
    ),
    max_size=12,
).map(
    lambda seen: [
        (strata(*(n for n, _ in look)), strata(*(bad for _, bad in look))) for look in seen
    ]
)


@settings(max_examples=30)
@given(looks)
def test_rates_are_above_0_whatever_was_seen(seen: list[tuple[list[int], list[int]]]) -> None:
    assert min(learnt(seen).rates()) > 0


@settings(max_examples=30)
@given(looks, st.integers(2, 5))
def test_how_often_all_fail_says_nothing_of_who_does(
    seen: list[tuple[list[int], list[int]]], times: int
) -> None:
    """As many bad ones of many more requests each: another time of day, the same consumers."""
    calmer = [([times * n for n in requests], bad) for requests, bad in seen]

    assert learnt(calmer).rates() == pytest.approx(learnt(seen).rates(), rel=0.02)


@settings(max_examples=30)
@given(looks)
def test_a_look_without_a_bad_request_says_nothing(
    seen: list[tuple[list[int], list[int]]],
) -> None:
    frailty = learnt(seen)

    assert frailty.after(strata(1000, 2000), strata()) is frailty


def test_of_nothing_seen_to_fail_the_odds_are_as_unsure_as_the_prior() -> None:
    """Ten strata against ten, all as busy, each rate with its mean as standard deviation."""
    off = Frailty().odds_off(strata(*[100] * 20), Frailty().rates(), 10)

    assert off == pytest.approx(np.exp(SURE * np.sqrt(1 / 10 + 1 / 10)))


def test_what_is_known_well_is_taken_as_it_is() -> None:
    known = Frailty(tuple(map(float, strata(*[10**7] * 20))), tuple([5e4] * 20 + [0.0] * 236))

    assert 1 < known.odds_off(strata(*[10**7] * 20), known.rates(), 10) < 1.01


@pytest.mark.parametrize(
    ("served", "first"), [(strata(5, 0), 1), (strata(0, 5), 1), (strata(), 0)]
)
def test_of_an_arm_of_which_nothing_was_seen_much_is_allowed(
    served: list[int], first: int
) -> None:
    assert Frailty().odds_off(served, Frailty().rates(), first) == MOST_OFF


def test_the_odds_are_rarely_higher_than_it_says() -> None:
    """Rates drawn from the prior, and what stable shows of them in an hour."""
    random = np.random.default_rng(11)
    higher, draws = 0, 600
    for _ in range(draws):
        served = random.pareto(1.1, STRATA) * 300 + 1
        true = random.gamma(OWN, UNIT / OWN, STRATA)
        bad = random.poisson(served * true)
        known = Frailty(tuple(served), tuple(map(float, bad)))
        rates = known.rates()
        off = known.odds_off([int(each) for each in served], rates, 25)
        said = served[:25] @ rates[:25] / (served[25:] @ rates[25:])
        odds = served[:25] @ true[:25] / (served[25:] @ true[25:])
        higher += int(odds > said * off)

    assert higher / draws == pytest.approx(0.05, abs=0.03)
