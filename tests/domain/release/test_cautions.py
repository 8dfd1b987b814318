"""A plan may say what it will; what that costs is told."""

import pytest

from serinus.domain.release.cautions import cautions
from serinus.domain.release.plan import DEFAULT, Plan


def test_the_owners_plan_needs_none() -> None:
    assert cautions(DEFAULT) == []


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ({"baseline": "5m"}, "baseline: in 5m little is learnt"),
        ({"comparison": {"sample": 0.0}}, "comparison.sample: nothing is compared"),
        ({"holdback": 0}, "holdback: nobody stays on stable"),
    ],
)
def test_what_a_choice_costs_is_told_by_its_name(given: dict[str, object], begins: str) -> None:
    [told] = cautions(Plan.from_json(given))

    assert told.startswith(begins)
