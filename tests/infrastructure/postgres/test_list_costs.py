"""A page of posts costs the same whatever is asked for, of whom, and how deep it lies."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy

from serinus.domain.content.listing import Condition, Counting, Listing, Op, Order, Position
from serinus.domain.content.post_combinations import COMBINATIONS, unsupported
from serinus.domain.content.post_query import scopes
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId
from serinus.infrastructure.postgres import post_pages
from serinus.infrastructure.postgres.keyset import Arguments
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.post_reader import PostgresPostReader
from tests.support.large import RARE_AUTHOR
from tests.support.statements import Cost, cost_of

# Whoever comes first makes the database, and the others wait for it.
pytestmark = pytest.mark.timeout(600)

#: Pages of 8 kB for 20 posts. Few or many that match, it is the way to each of them.
BUDGET = 500
#: Of a sample that does not grow with the posts, each asked for its tags.
ESTIMATE = 8_000
#: Tables in which one may look at everything: they do not grow with the posts.
SMALL = {"categories", "tags"}


@pytest.fixture
async def large_pool(large_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Of 100,000 posts, that nobody changes."""
    pool = await open_pool(large_url, size=2)
    yield pool
    await pool.close()


@pytest.fixture
async def database(large_pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    async with large_pool.acquire() as connection:
        yield connection


@pytest.fixture
async def heavy(database: PoolConnectionProxy) -> Caller:
    """Who wrote more than anybody else."""
    author = await database.fetchval(
        "SELECT author_id FROM posts GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    return Caller(UserId(author), Role.AUTHOR, SessionId(author))


def callers(heavy: Caller) -> list[Caller | None]:
    return [None, heavy, Caller(heavy.id, Role.EDITOR, heavy.session_id)]


def filters(fields: frozenset[str], heavy: Caller) -> Iterator[tuple[Condition, ...]]:
    """What many have, what few have that lie at the end of every walk, and what nothing has."""
    values: dict[str, list[tuple[Any, ...]]] = {
        "author": [(heavy.id,), (RARE_AUTHOR,), (heavy.id, RARE_AUTHOR)],
        "locale": [("en",), ("fr",), ("xx",), ("ja", "fr")],
        "type": [("post",), ("page",)],
        "tag": [("canary",), ("rare",), ("none",), ("canary", "カナリア")],
        "category": [("birds",), ("none",)],
    }
    for chosen in product(*(values[field] for field in sorted(fields))):
        for status in (None, "draft", "published"):
            same = [
                Condition(field, Op.IN if len(each) > 1 else Op.EQ, each)
                for field, each in zip(sorted(fields), chosen, strict=True)
            ]
            yield (*same, *([Condition("status", Op.EQ, (status,))] if status else []))


async def middle(database: PoolConnectionProxy, sort: str) -> Position:
    """Far away from both ends of the list."""
    row = await database.fetchrow(
        f"SELECT {sort}, id FROM posts WHERE status = 'published' AND deleted_at IS NULL"  # noqa: S608
        f" ORDER BY {sort} OFFSET 40000 LIMIT 1"
    )
    assert row is not None
    return Position((row[0],), row[1])


async def cost(
    database: PoolConnectionProxy, caller: Caller | None, listing: Listing
) -> Cost | None:
    """Without tags and authors of what is shown, which cost the same for each."""
    assert unsupported(listing) is None
    seen = scopes(caller, listing.conditions)
    if not seen:
        return None
    arguments = Arguments()
    sql = post_pages.page_sql(seen, listing, frozenset(), arguments)
    return await cost_of(database, sql, *arguments.values)


def checks_one_by_one(caller: Caller | None, listing: Listing) -> bool:
    """One's own drafts, when something else than their date is asked of them."""
    fields = {condition.field for condition in listing.conditions}
    return (
        caller is not None and caller.role is Role.AUTHOR and bool(fields & {"locale", "type"})
    )


@pytest.mark.parametrize(
    ("fields", "sort"),
    [(fields, sort) for fields, sorts in COMBINATIONS.items() for sort in sorts],
    ids=lambda each: each if isinstance(each, str) else "+".join(sorted(each)) or "all",
)
async def test_a_page_costs_the_same_whatever_is_asked_for(
    database: PoolConnectionProxy, heavy: Caller, fields: frozenset[str], sort: str
) -> None:
    at = await middle(database, sort)
    own = await database.fetchval(
        "SELECT count(*) FROM posts WHERE author_id = $1 AND status <> 'published'",
        heavy.id,
    )
    for conditions, descending, caller, (after, before) in product(
        filters(fields, heavy),
        (True, False),
        callers(heavy),
        ((None, None), (at, None), (None, at)),
    ):
        orders = (Order(sort, descending),)
        listing = Listing(orders=orders, conditions=conditions, after=after, before=before)
        budget = BUDGET + (2 * own if checks_one_by_one(caller, listing) else 0)

        found = await cost(database, caller, listing)

        assert found is None or found.buffers <= budget, (listing, caller, found.plan)
        assert found is None or found.scanned <= SMALL, (listing, caller, found.plan)


@pytest.mark.parametrize("sort", ["published_at", "created_at", "updated_at"])
async def test_a_range_of_dates_costs_what_it_shows(
    database: PoolConnectionProxy, heavy: Caller, sort: str
) -> None:
    (at,) = (await middle(database, sort)).values
    assert at is not None
    for op, caller, descending in product(
        (Op.GT, Op.LTE, Op.EQ), callers(heavy), (True, False)
    ):
        conditions = (Condition(sort, op, (at,)),)
        listing = Listing(conditions=conditions, orders=(Order(sort, descending),))

        found = await cost(database, caller, listing)

        assert found is not None
        assert found.buffers <= BUDGET, (listing, caller, found.plan)


@pytest.mark.parametrize("conditions", [(), (Condition("tag", Op.EQ, ("canary",)),)])
async def test_an_estimate_costs_little_and_is_near(
    large_pool: asyncpg.Pool, database: PoolConnectionProxy, conditions: tuple[Condition, ...]
) -> None:
    newest = (Order("published_at", descending=True),)
    listing = Listing(conditions=conditions, orders=newest, counting=Counting.ESTIMATED)
    exact = replace(listing, counting=Counting.EXACT)
    there = (await PostgresPostReader(large_pool).page(None, exact, frozenset())).count

    found = await cost(database, None, listing)
    told = (await PostgresPostReader(large_pool).page(None, listing, frozenset())).count

    assert found is not None
    assert found.buffers <= ESTIMATE
    assert there is not None
    assert there.exact
    assert told is not None
    assert 0.6 * there.value < told.value < 1.6 * there.value
