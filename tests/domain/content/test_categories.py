"""Categories: how they are named, listed and placed in their tree."""

from dataclasses import replace
from uuid import UUID

import pytest

from serinus.domain.content.categories import (
    AS_TREE,
    MAX_DEPTH,
    MAX_DESCRIPTION,
    Branch,
    category_violations,
    no_such_parent,
    position,
    too_deep,
    unsupported,
)
from serinus.domain.content.listing import Condition, Listing, Op, Order, Position
from serinus.domain.content.taxonomy import CategoryId
from tests.support.content import NOON

TOP, BELOW = UUID(int=1), UUID(int=2)
BRANCH = Branch(
    id=CategoryId(BELOW),
    parent_id=CategoryId(TOP),
    slug="finches",
    name="Finches",
    description=None,
    lineage=(TOP, BELOW),
    path=("birds", "finches"),
    created_at=NOON,
    updated_at=NOON,
)
BY_NAME, BY_AGE = (Order("name"),), (Order("created_at"),)
IN_TOP = Condition("parent", Op.EQ, (TOP,))
ROOTS = Condition("parent", Op.NULL, (True,))
RECENT = Condition("created_at", Op.GTE, (NOON,))
BEGINNING = Condition("name", Op.PREFIX, ("F",))


def listing(*conditions: Condition, by: tuple[Order, ...] = AS_TREE) -> Listing:
    return Listing(orders=by, conditions=conditions)


@pytest.mark.parametrize(
    ("name", "description", "wrong"),
    [
        ("Finches", None, []),
        ("x" * 100, "x" * MAX_DESCRIPTION, []),
        (" ", None, [("name", "invalid_length")]),
        ("x" * 101, None, [("name", "invalid_length")]),
        ("Finches", "x" * (MAX_DESCRIPTION + 1), [("description", "too_long")]),
        ("", "x" * 3000, [("name", "invalid_length"), ("description", "too_long")]),
    ],
)
def test_names_and_descriptions_have_a_length(
    name: str, description: str | None, wrong: list[tuple[str, str]]
) -> None:
    assert [(e.field, e.code) for e in category_violations(name, description)] == wrong


def test_a_place_that_cannot_be_is_a_fault_of_the_parent() -> None:
    (missing,), (deep,) = no_such_parent().violations, too_deep().violations

    assert (missing.field, missing.code) == ("parent_id", "not_found")
    assert (deep.field, deep.code, deep.params) == ("parent_id", "too_deep", {"max": MAX_DEPTH})


@pytest.mark.parametrize(
    "served",
    [
        listing(),
        listing(IN_TOP),
        listing(ROOTS, by=BY_NAME),
        listing(BEGINNING, by=BY_NAME),
        listing(RECENT, by=BY_AGE),
    ],
)
def test_the_tree_is_listed_whole_or_below_one_category(served: Listing) -> None:
    assert unsupported(served) is None


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (listing(by=(*AS_TREE, *BY_NAME)), "sorted by one of"),
        (listing(IN_TOP, ROOTS), "given once"),
        (listing(replace(ROOTS, values=(False,))), "is true"),
        (listing(RECENT), "a range of created_at"),
        (listing(BEGINNING, by=BY_AGE), "a range of name"),
    ],
)
def test_what_no_index_gives_of_categories_is_refused(refused: Listing, why: str) -> None:
    assert why in (unsupported(refused) or "")


def test_a_position_in_the_tree_is_the_way_to_the_category() -> None:
    assert BRANCH.depth == 2
    assert position(BRANCH, AS_TREE) == Position(((TOP, BELOW),), BELOW)
    assert position(BRANCH, (*BY_NAME, *BY_AGE)) == Position(("Finches", NOON), BELOW)
