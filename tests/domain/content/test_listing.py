"""Pages and positions."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content import post_query, tag_query
from serinus.domain.content.listing import (
    Condition,
    Count,
    Listing,
    Op,
    Order,
    Page,
    Position,
)
from serinus.domain.content.post import Status, may_see
from serinus.domain.content.post_query import Scope, scopes
from serinus.domain.content.taxonomy import CountedTag, TagId
from serinus.domain.identity.caller import Caller, Role, UserId
from tests.support.content import ADA, NOON, a_caller, a_post

HERE = Position(("x",), a_post().id)
ORDERS = (Order("title"),)


@given(st.integers(0, 6), st.integers(1, 5))
def test_a_page_forwards_says_what_lies_around_it(found: int, limit: int) -> None:
    items = list(range(found))
    first = Page.cut(items, Listing(orders=ORDERS, limit=limit))
    later = Page.cut(items, Listing(orders=ORDERS, limit=limit, after=HERE))

    assert first.items == later.items == tuple(items[:limit])
    assert first.later == later.later == (found > limit)
    assert not first.earlier
    assert later.earlier == (found > 0)


@given(st.integers(0, 6), st.integers(1, 5))
def test_a_page_backwards_is_turned_round(found: int, limit: int) -> None:
    items = list(range(found))
    count = Count(9, exact=True)
    page = Page.cut(items, Listing(orders=ORDERS, limit=limit, before=HERE), count)

    assert page.items == tuple(reversed(items[:limit]))
    assert page.earlier == (found > limit)
    assert page.later == (found > 0)
    assert page.count == count


statuses = st.lists(
    st.builds(
        Condition,
        st.just("status"),
        st.sampled_from([Op.EQ, Op.NE, Op.IN]),
        st.lists(st.sampled_from([status.value for status in Status]), min_size=1).map(tuple),
    ),
    max_size=3,
)
callers = st.sampled_from(
    [None, *(a_caller(role, user) for role in Role for user in (ADA.id, UserId(HERE.id)))]
)


@given(callers, statuses, st.sampled_from(Status))
def test_scopes_hold_what_may_be_seen_of_what_was_asked_for(
    caller: Caller | None, conditions: list[Condition], status: Status
) -> None:
    post = a_post(status=status)
    asked = all((status.value in each.values) is not (each.op is Op.NE) for each in conditions)
    within = [
        scope
        for scope in scopes(caller, conditions)
        if status in scope.statuses and scope.author in {None, post.author.id}
    ]

    assert len(within) == (may_see(caller, post) and asked)


def test_other_filters_do_not_narrow_scopes() -> None:
    tagged = Condition("tag", Op.EQ, ("a",))

    assert scopes(None, [tagged]) == (Scope(frozenset({Status.PUBLISHED})),)


def test_a_position_holds_what_the_list_is_sorted_by() -> None:
    post = a_post("T").published(at=NOON)
    tag = CountedTag(
        id=TagId(post.id),
        slug="s",
        name="n",
        usage_count=3,
        created_at=NOON,
        updated_at=NOON,
        version=1,
    )

    orders = (Order("title"), Order("published_at"))
    assert post_query.position(post, orders) == Position(("T", NOON), post.id)
    orders = (Order("usage_count"), Order("name"))
    assert tag_query.position(tag, orders) == Position((3, "n"), tag.id)


BY_NAME, BY_USE = (Order("name"),), (Order("usage_count"),)
OFTEN = Condition("usage_count", Op.GTE, (3,))
BEGINNING = Condition("name", Op.PREFIX, ("n",))


@pytest.mark.parametrize(
    "served",
    [
        Listing(orders=BY_USE, conditions=(OFTEN,)),
        Listing(orders=BY_NAME, conditions=(BEGINNING, Condition("slug", Op.EQ, ("s",)))),
    ],
)
def test_tags_are_narrowed_by_a_range_of_what_they_are_sorted_by(served: Listing) -> None:
    assert tag_query.unsupported(served) is None


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (Listing(orders=(*BY_NAME, *BY_USE)), "sorted by one of"),
        (Listing(orders=BY_NAME, conditions=(OFTEN,)), "a range of usage_count"),
        (Listing(orders=BY_USE, conditions=(BEGINNING,)), "a range of name"),
    ],
)
def test_what_no_index_gives_of_tags_is_refused(refused: Listing, why: str) -> None:
    assert why in (tag_query.unsupported(refused) or "")


@pytest.mark.parametrize("sort", post_query.SORTS)
def test_every_order_has_a_value_in_a_post(sort: str) -> None:
    (value,) = post_query.position(a_post(), [Order(sort)]).values

    assert value is None or isinstance(value, str | datetime)
