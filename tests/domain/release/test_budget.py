"""What all tests together may cost a healthy release is what the plan allows, and no more."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.budget import Budget, of_route
from serinus.domain.release.evidence import MOST_ROUTES
from serinus.domain.release.memory import KINDS
from serinus.domain.release.tripwire import PART

RISK = 0.01
STAGES = range(1, 60)
ROUTES = range(1, MOST_ROUTES + 2)


def weight(log_threshold: float) -> float:
    """Of the whole risk: a test is wrong with this probability at most (Ville)."""
    return exp(-log_threshold) / RISK


def of_stage(budget: Budget) -> float:
    """What begins anew with each stage."""
    return (
        sum(
            weight(budget.gross(kind))
            + weight(budget.limit(kind))
            + sum(weight(budget.limit_of_route(kind, place)) for place in ROUTES)
            for kind in KINDS
        )
        + sum(weight(budget.route_down(place)) for place in ROUTES)
        + weight(budget.pairs())
    )


def of_release(budget: Budget) -> float:
    return weight(budget.pairs_late()) + sum(
        weight(budget.late(kind))
        + weight(budget.gross_late(kind))
        + weight(budget.relative_late(kind))
        + weight(budget.history(kind))
        + weight(budget.relative(kind))
        + sum(weight(budget.relative_of_route(kind, place)) for place in ROUTES)
        for kind in KINDS
    )


def test_the_weights_of_all_tests_sum_to_1_however_many_stages_and_routes_there_are() -> None:
    stages = sum(of_stage(Budget(RISK, attempt)) for attempt in STAGES)

    whole = stages + of_release(Budget(RISK, 1)) + PART

    # What is missing is of the routes that nobody may have.
    assert 0.99 < whole <= 1.0 + 1e-9


def test_the_parts_of_routes_sum_to_1() -> None:
    assert sum(of_route(place) for place in range(1, 100_000)) == pytest.approx(1, abs=1e-4)


@given(st.integers(1, 50), st.sampled_from(KINDS), st.integers(1, MOST_ROUTES))
def test_each_stage_and_each_route_asks_for_more_than_the_one_before(
    attempt: int, kind: str, place: int
) -> None:
    now, then = Budget(RISK, attempt), Budget(RISK, attempt + 1)

    assert then.gross(kind) > now.gross(kind)
    assert then.limit(kind) > now.limit(kind)
    assert then.route_down(place) > now.route_down(place)
    assert now.limit_of_route(kind, place + 1) > now.limit_of_route(kind, place)
    assert then.relative(kind) == now.relative(kind)
    assert then.pairs() > now.pairs()
    assert then.pairs_late() == now.pairs_late()


def test_what_is_spent_grows_with_the_stages_and_stays_below_the_risk() -> None:
    spent = [Budget(RISK, attempt).spent for attempt in range(30)]

    assert spent[0] == 0.0
    assert spent == sorted(set(spent))
    assert spent[-1] == pytest.approx(RISK)
    assert spent[-1] <= RISK


def test_before_the_first_stage_thresholds_are_those_of_the_first() -> None:
    assert Budget(RISK, 0).limit("errors") == Budget(RISK, 1).limit("errors")
