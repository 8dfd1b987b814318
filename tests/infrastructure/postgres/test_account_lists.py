"""Lists of accounts, whatever their number: each page comes off an index."""

import re
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.content.listing import Condition, Listing, Op, Order, Position, Value
from serinus.domain.identity.caller import Role
from serinus.infrastructure.postgres.account_pages import users_sql
from serinus.infrastructure.postgres.keyset import Arguments
from serinus.infrastructure.postgres.people import PostgresPeople
from serinus.infrastructure.postgres.sessions import ACCOUNT
from tests.support.identity import NOON

NUMBER = 20_000  # on fewer, reading them all may well be what is best
NAMES, AGES = (Order("username"),), (Order("created_at", descending=True),)
EDITORS = Condition("role", Op.IN, (Role.EDITOR, Role.SUPER_ADMIN))
GONE = Condition("active", Op.EQ, (False,))
BEGINNING = Condition("username", Op.PREFIX, ("user-19",))
SINCE = Condition("created_at", Op.GTE, (NOON + timedelta(seconds=100),))


async def plant(pool: asyncpg.Pool) -> None:
    """A hundredth of them editors, and a thousandth inactive."""
    await pool.execute("ALTER TABLE users DISABLE TRIGGER USER")  # searched by nobody here
    await pool.execute(
        """
        INSERT INTO users (id, username, username_key, email, role, is_active,
                           created_at, updated_at)
        SELECT gen_random_uuid(), 'User-' || n, 'user-' || n, 'user-' || n || '@example.org',
               CASE WHEN n % 100 = 0 THEN 'editor' ELSE 'subscriber' END, n % 1000 <> 1,
               $2::timestamptz + n * interval '1 second', $2
          FROM generate_series(1, $1) n
        """,
        NUMBER,
        NOON,
    )
    await pool.execute("VACUUM ANALYZE users")


async def rows_read(pool: asyncpg.Pool, listing: Listing) -> int:
    """How many rows or index entries of users a page looks at."""
    arguments = Arguments()
    sql = users_sql(ACCOUNT, listing, arguments)
    async with pool.acquire() as connection:
        # What is best for one role need not be for another: nothing is known of them here.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        plan = await connection.fetch(
            f"EXPLAIN (ANALYZE, TIMING off, COSTS off) {sql}", *arguments.values
        )
    text = "\n".join(row[0] for row in plan)
    scans = re.findall(r"Scan.* on users.*\(actual rows=([\d.]+) loops=(\d+)\)", text)
    removed = re.findall(r"Rows Removed by Filter: (\d+)", text)
    assert scans, text
    return int(sum(float(rows) * int(loops) for rows, loops in scans) + sum(map(int, removed)))


async def test_a_page_reads_little_more_than_it_shows(pool: asyncpg.Pool) -> None:
    await plant(pool)
    in_the_middle = Position(("user-5",), uuid7())
    lists = [
        Listing(orders=NAMES),
        Listing(orders=NAMES, after=in_the_middle),
        Listing(orders=NAMES, before=in_the_middle),
        Listing(orders=AGES),
        Listing(orders=AGES, conditions=(SINCE,)),
        Listing(orders=AGES, conditions=(SINCE, EDITORS)),
        Listing(orders=AGES, conditions=(GONE,)),
        Listing(orders=NAMES, conditions=(BEGINNING,)),
        Listing(orders=NAMES, conditions=(BEGINNING, EDITORS, GONE)),
        Listing(orders=NAMES, conditions=(EDITORS,)),
        Listing(orders=NAMES, conditions=(EDITORS,), after=in_the_middle),
        Listing(orders=NAMES, conditions=(GONE,)),
        Listing(orders=AGES, conditions=(Condition("username", Op.EQ, ("USER-77",)),)),
        Listing(orders=AGES, conditions=(Condition("email", Op.EQ, ("user-7@example.org",)),)),
    ]

    # Each of twelve groups of role and activity may give a page of its own.
    assert [
        (listing, read)
        for listing in lists
        if (read := await rows_read(pool, listing)) > 12 * (listing.limit + 1)
    ] == []


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ((BEGINNING,), {"User-19", "User-190", "User-19000"}),
        ((BEGINNING, EDITORS), {"User-1900", "User-19000", "User-19900"}),
        ((GONE,), {"User-1", "User-1001", "User-19001"}),
        ((GONE, EDITORS), set()),
    ],
)
async def test_filters_find_what_they_say(
    pool: asyncpg.Pool, conditions: Sequence[Condition], expected: set[str]
) -> None:
    await plant(pool)
    last: Value | None = None
    found: list[str] = []
    people, listing = PostgresPeople(pool), Listing(orders=NAMES, conditions=tuple(conditions))

    page = await people.listed(listing)
    while page.items:
        found += [account.username for account in page.items]
        last = page.items[-1].username.casefold()
        after = Position((last,), page.items[-1].id)
        page = await people.listed(
            Listing(orders=NAMES, conditions=tuple(conditions), after=after)
        )

    assert expected <= set(found)
    assert found == sorted(set(found), key=str.casefold)
    assert bool(expected) == bool(found)
