"""Which filters and sorts of posts go together: what is refused says what is possible."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.listing import Condition, Listing, Op, Order
from serinus.domain.content.post_combinations import COMBINATIONS, RANGES, unsupported
from serinus.domain.content.post_query import FILTERS, NEWEST_FIRST, SORTS
from tests.support.content import NOON

BY_TITLE = (Order("title"),)
DELETED = Condition("deleted", Op.EQ, (True,))
SINCE = Condition("created_at", Op.GTE, (NOON,))


def only(*fields: str) -> tuple[Condition, ...]:
    return tuple(Condition(field, Op.EQ, ("x",)) for field in fields)


def each_of(field: str, number: int) -> Condition:
    return Condition(field, Op.IN, tuple(str(n) for n in range(number)))


def listing(*conditions: Condition, by: tuple[Order, ...] = NEWEST_FIRST) -> Listing:
    return Listing(orders=by, conditions=conditions)


@pytest.mark.parametrize("fields", COMBINATIONS, ids=lambda fields: "+".join(sorted(fields)))
def test_what_is_offered_is_served_in_every_order_that_is_offered_with_it(
    fields: frozenset[str],
) -> None:
    for sort in COMBINATIONS[fields]:
        asked = listing(*only("status", *fields), by=(Order(sort),))

        assert unsupported(asked) is None


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (listing(*only("tag", "category")), "filters by category and tag cannot be combined"),
        (listing(*only("tag", "tag")), "once"),
        (listing(*only("tag"), by=BY_TITLE), "sorted by published_at first"),
        (listing(*only("tag"), by=(*NEWEST_FIRST, *BY_TITLE)), "by published_at alone"),
        (listing(SINCE), "needs sort=created_at"),
        (listing(DELETED, *only("status")), "no other filters"),
        (listing(each_of("tag", 10), each_of("author", 6)), "more than 50"),
    ],
)
def test_what_no_index_answers_is_refused(refused: Listing, why: str) -> None:
    assert why in (unsupported(refused) or "")


@pytest.mark.parametrize(
    "served",
    [
        listing(DELETED),
        listing(replace(DELETED, values=(False,)), *only("author")),
        listing(each_of("tag", 100)),  # one at a time is as cheap as it looks
        listing(each_of("tag", 10), each_of("author", 5)),
        listing(SINCE, by=(Order("created_at"), Order("title"))),
    ],
)
def test_what_costs_no_more_is_served(served: Listing) -> None:
    assert unsupported(served) is None


same = st.sampled_from(sorted(set(FILTERS) - RANGES - {"status", "deleted"}))


@given(st.sets(same, min_size=2), st.sampled_from(SORTS))
def test_a_refusal_names_combinations_that_are_served(fields: set[str], sort: str) -> None:
    told = unsupported(listing(*only(*fields), by=(Order(sort),)))
    if told is None or "possible are " not in told:
        return

    for possible in told.partition("possible are ")[2].split(", or "):
        named = possible.replace(" and ", ", ").split(", ")

        assert set(named) < fields
        assert unsupported(listing(*only(*named))) is None
