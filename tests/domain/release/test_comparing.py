"""What the gate before real traffic asks for, and in which words."""

import pytest

from serinus.domain.release.comparing import missing_comparisons
from serinus.domain.release.plan import Plan
from serinus.domain.release.verdict import ComparisonState

PLAN = Plan.from_json({"comparison": {"least_requests": 50, "limit": 0.002}})
ENOUGH = {"/a": 2000, "/b": 60}


def missing(**members: object) -> str | None:
    return missing_comparisons(PLAN, ComparisonState(**{"compared": ENOUGH, **members}))  # type: ignore[arg-type] # whatever a test says


def test_enough_equal_answers_open_the_gate() -> None:
    assert missing() is None


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"unexplained": ("/b",)}, "answers differ on /b"),
        ({"incomparable": ("/c",)}, "nobody has said why /c need not be compared"),
        ({"compared": {**ENOUGH, "/c": 49}}, "49 of 50 answers compared on /c"),
        ({"compared": {}}, "more answers to compare"),
        ({"differing": 20}, "too many"),
    ],
)
def test_what_is_missing_is_said(members: dict[str, object], told: str) -> None:
    said = missing(**members)

    assert said is not None
    assert told in said


def test_a_rare_route_need_not_reach_the_number_by_itself() -> None:
    assert missing(compared={**ENOUGH, "/c": 3}) is None


def test_a_route_of_which_nothing_was_compared_holds_the_gate_however_rare_it_is() -> None:
    assert missing(compared={**ENOUGH, "/c": 0}) == "0 of 50 answers compared on /c"


def test_before_anything_compares_the_gate_is_shut() -> None:
    assert missing_comparisons(PLAN, None) == "no answers have been compared yet"
