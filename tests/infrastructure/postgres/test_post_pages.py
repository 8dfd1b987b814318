"""Pages of posts, held against the whole list as Python would filter and sort it."""

import operator
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from serinus.application.content.ports import Slugs
from serinus.domain.content.listing import (
    Condition,
    Count,
    Counting,
    Listing,
    Op,
    Order,
    Page,
)
from serinus.domain.content.post import Byline, Post, PostType, Status, may_see
from serinus.domain.content.post_query import EVERYTHING, FILTERS, NEWEST_FIRST, SORTS, position
from serinus.domain.content.slug import slugify
from serinus.domain.content.taxonomy import tag_key
from serinus.domain.identity.caller import Caller, Role, UserId
from serinus.infrastructure.postgres import post_pages
from serinus.infrastructure.postgres.post_reader import PostgresPostReader
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.support.content import ADA, NOON, a_caller, a_post, add_author, terms

BOB = Byline(UserId(uuid7()), "bob", "bob")
TAGS = ["c++", "c#", "Jazz", "鳥"]
CATEGORIES = ["News", "Field notes"]
LOCALES = ["en", "en-GB", "ja"]
TITLES = ["a", "b", "B", "é", "カ"]
HOURS = [NOON + timedelta(hours=n) for n in range(6)]
CALLERS = [
    None,
    a_caller(Role.AUTHOR),
    a_caller(Role.AUTHOR, BOB.id),
    a_caller(Role.SUBSCRIBER, UserId(uuid7())),
    a_caller(Role.EDITOR),
]


class Shelf:
    """Sixty posts, many of them alike in what they are sorted by."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.reader = PostgresPostReader(pool)
        self.posts = PostgresPosts(pool)
        self.all: list[Post] = []

    async def fill(self, chance: random.Random) -> None:
        for number in range(60):
            post = a_post(
                chance.choice(TITLES),
                author=chance.choice([ADA, BOB]),
                type=chance.choice([PostType.POST, PostType.POST, PostType.PAGE]),
                created_at=chance.choice(HOURS),
                updated_at=chance.choice(HOURS),
            )
            post = replace(post, text=replace(post.text, locale=chance.choice(LOCALES)))
            if chance.random() < 0.7:
                post = post.published(at=chance.choice(HOURS))
            if chance.random() < 0.1:
                post = replace(post, status=Status.ARCHIVED)
            stored = await self.posts.add(
                post,
                Slugs(f"p{number}", exact=True),
                tags=terms(*chance.sample(TAGS, chance.randrange(4))),
                categories=terms(*chance.sample(CATEGORIES, chance.randrange(3))),
            )
            if number % 10 == 9:
                stored = await self.posts.save(stored.deleted(at=NOON))
            self.all.append(stored)

    async def page(self, caller: Caller | None, listing: Listing) -> Page[Post]:
        return await self.reader.page(caller, listing, EVERYTHING)

    def expected(self, caller: Caller | None, listing: Listing) -> list[Post]:
        found = [
            post
            for post in self.all
            if sees(caller, post, listing)
            and all(meets(post, each) for each in listing.conditions)
        ]
        # Ids go with the first order; sorting is stable, so the last key is sorted by first.
        found.sort(key=lambda post: post.id, reverse=listing.orders[0].descending)
        for order in reversed(listing.orders):
            found.sort(key=sort_key(order.field), reverse=order.descending)
        return found


def sees(caller: Caller | None, post: Post, listing: Listing) -> bool:
    if post.deleted_at is None:
        return may_see(caller, post)
    asked = any(each.field == "deleted" for each in listing.conditions)
    return asked and may_see(caller, replace(post, status=Status.DRAFT))


def sort_key(field: str) -> Callable[[Post], Any]:
    if field == "title":
        return lambda post: post.text.title.encode()  # as the C collation has it
    latest = datetime.max.replace(tzinfo=NOON.tzinfo)
    return lambda post: getattr(post, field) or latest


COMPARE = {Op.GT: operator.gt, Op.GTE: operator.ge, Op.LT: operator.lt, Op.LTE: operator.le}


def meets(post: Post, condition: Condition) -> bool:
    values: tuple[Any, ...] = condition.values
    match condition.field:
        case "tag":
            keys = {tag_key(each.name) for each in post.tags} | {
                each.slug for each in post.tags
            }
            found = any(value in keys or tag_key(value) in keys for value in values)
        case "category":
            found = bool({each.slug for each in post.categories} & set(values))
        case "deleted":
            found = (post.deleted_at is not None) is values[0]
        case _:
            return compared(stored(post, condition.field), condition.op, values)
    return found is not (condition.op is Op.NE)


def stored(post: Post, field: str) -> Any:
    return {"author": post.author.id, "locale": post.text.locale}.get(field) or getattr(
        post, field
    )


def compared(value: Any, op: Op, values: tuple[Any, ...]) -> bool:
    match op:
        case Op.NULL:
            return (value is None) is values[0]
        case Op.EQ | Op.IN:
            return value in values
        case Op.NE:
            return value not in values
        case Op.PREFIX:
            return bool(value.startswith(values[0]))
        case _:
            return value is not None and bool(COMPARE[op](value, values[0]))


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(list(Status)).map(str),
    "type": st.sampled_from(list(PostType)).map(str),
    "author": st.sampled_from([ADA.id, BOB.id, UserId(uuid7())]),
    "tag": st.sampled_from([*TAGS, "c", "c-2", "JAZZ", "none"]),
    "category": st.sampled_from([*map(slugify, CATEGORIES), "none"]),
    "locale": st.sampled_from([*LOCALES, "e", "fr"]),
    "published_at": st.sampled_from(HOURS),
    "created_at": st.sampled_from(HOURS),
    "updated_at": st.sampled_from(HOURS),
    "deleted": st.booleans(),
}


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(sorted(FILTERS)))
    op = draw(st.sampled_from(sorted(FILTERS[field])))
    if op is Op.NULL:
        return Condition(field, op, (draw(st.booleans()),))
    most = 3 if op is Op.IN else 1
    return Condition(field, op, tuple(draw(st.lists(VALUES[field], min_size=1, max_size=most))))


orders = st.lists(
    st.builds(Order, st.sampled_from(SORTS), st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda order: order.field,
).map(tuple)
listings = st.builds(
    Listing,
    orders=st.just(NEWEST_FIRST) | orders,
    conditions=st.lists(conditions(), max_size=3).map(tuple),
    limit=st.integers(1, 12),
)


@pytest.fixture
async def shelf(pool: asyncpg.Pool) -> Shelf:
    await add_author(pool)
    await add_author(pool, BOB)
    shelf = Shelf(pool)
    await shelf.fill(random.Random(7))  # noqa: S311 - the same shelf every time
    return shelf


async def walked(shelf: Shelf, caller: Caller | None, listing: Listing) -> list[Page[Post]]:
    """All pages, forwards."""
    pages = [await shelf.page(caller, listing)]
    while pages[-1].later:
        end = position(pages[-1].items[-1], listing.orders)
        pages.append(await shelf.page(caller, replace(listing, after=end)))
    return pages


async def walked_back(
    shelf: Shelf, caller: Caller | None, listing: Listing, last: Page[Post]
) -> list[Page[Post]]:
    """All pages before the last, backwards, in the order of the list."""
    pages = [last]
    while pages[0].earlier:
        start = position(pages[0].items[0], listing.orders)
        pages.insert(0, await shelf.page(caller, replace(listing, before=start)))
    return pages


def flat(pages: list[Page[Post]]) -> list[Post]:
    return [post for page in pages for post in page.items]


async def test_pages_forwards_and_backwards_are_the_whole_list(shelf: Shelf) -> None:
    for listing, caller in examples(300):
        expected = shelf.expected(caller, listing)

        forwards = await walked(shelf, caller, listing)

        assert flat(forwards) == expected, (listing, caller)
        assert not forwards[0].earlier
        assert all(page.earlier for page in forwards[1:])
        back = await walked_back(shelf, caller, listing, forwards[-1])
        assert flat(back) == expected, (listing, caller)


def examples(count: int) -> list[tuple[Listing, Caller | None]]:
    """Hypothesis runs synchronous functions: it makes the examples, the loop stays ours."""
    found: list[tuple[Listing, Caller | None]] = []

    @settings(max_examples=count, deadline=None, database=None)
    @given(listings, st.sampled_from(CALLERS))
    def collect(listing: Listing, caller: Caller | None) -> None:
        found.append((listing, caller))

    collect()
    return found


@pytest.mark.parametrize("condition", [(), (Condition("tag", Op.EQ, ("Jazz",)),)])
async def test_many_posts_are_estimated_and_few_are_counted(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, condition: tuple[Condition, ...]
) -> None:
    listing = Listing(
        orders=NEWEST_FIRST, conditions=condition, counting=Counting.ESTIMATED, limit=1
    )
    there = len(shelf.expected(None, listing))
    counted = (await shelf.page(None, listing)).count
    exact = (await shelf.page(None, replace(listing, counting=Counting.EXACT))).count
    monkeypatch.setitem(post_pages.COUNTED, Counting.ESTIMATED, 3)

    estimated = (await shelf.page(None, listing)).count

    assert counted == exact == Count(there, exact=True)
    assert estimated is not None
    assert not estimated.exact
    assert estimated.value > 3
