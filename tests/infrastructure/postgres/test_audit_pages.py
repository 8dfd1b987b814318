"""Pages of the audit log, however long it is: each comes off an index."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from serinus.application.audit import NEWEST_FIRST, Entry, position, too_many
from serinus.domain.content.listing import Condition, Count, Counting, Listing, Op, Value
from serinus.infrastructure.postgres import audit_log
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog, page_sql
from serinus.infrastructure.postgres.keyset import Arguments
from tests.support.identity import NOON

NUMBER = 20_000  # on fewer, reading them all may well be what is best
BUSY, RARE = UUID(int=1), UUID(int=2)
ONE = UUID(int=77)


async def plant(pool: asyncpg.Pool, number: int) -> None:
    """A second apart, and a thousandth of each kind rare."""
    await pool.execute(
        """
        INSERT INTO audit_log (at, user_id, via, action, entity, entity_id, changes)
        SELECT $2::timestamptz + n * interval '1 second',
               CASE WHEN n % 1000 = 1 THEN $4::uuid ELSE $3 END,
               CASE WHEN n % 1000 = 2 THEN 'cli' WHEN n % 1000 <> 3 THEN 'v2' END,
               CASE WHEN n % 1000 = 4 THEN 'deleted' ELSE 'updated' END,
               CASE WHEN n % 1000 = 5 THEN 'tag' ELSE 'post' END,
               CASE WHEN n % 1000 = 5 THEN $5 ELSE gen_random_uuid() END, '{}'
          FROM generate_series(1, $1) n
        """,
        number,
        NOON,
        BUSY,
        RARE,
        ONE,
    )
    await pool.execute("VACUUM ANALYZE audit_log")


def equal(field: str, value: Value) -> Condition:
    return Condition(field, Op.EQ, (value,))


RARELY = [
    [equal("user", RARE)],
    [equal("via", "cli")],
    [Condition("via", Op.NULL, (True,))],
    [equal("action", "deleted")],
    [equal("entity", "tag")],
    [equal("entity_id", ONE)],
    [equal("entity", "tag"), equal("entity_id", ONE)],
]
OFTEN: list[list[Condition]] = [
    [],
    [equal("user", BUSY)],
    [equal("via", "v2")],
    [equal("action", "updated")],
    [equal("entity", "post")],
]
SPAN = [
    Condition("at", Op.GTE, (NOON + timedelta(seconds=9000),)),
    Condition("at", Op.LT, (NOON + timedelta(seconds=9500),)),
]


def listing_of(conditions: Sequence[Condition], limit: int = 20) -> Listing:
    return Listing(orders=NEWEST_FIRST, conditions=tuple(conditions), limit=limit)


async def rows_read(pool: asyncpg.Pool, listing: Listing) -> int:
    """How many rows or index entries a page looks at."""
    arguments = Arguments()
    sql = page_sql(listing, arguments)
    async with pool.acquire() as connection:
        # What is best for one value need not be for another: nothing is known of them here.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        plan = await connection.fetch(
            f"EXPLAIN (ANALYZE, TIMING off, COSTS off) {sql}", *arguments.values
        )
    text = "\n".join(row[0] for row in plan)
    scans = re.findall(r"Scan.* on audit_log.*\(actual rows=([\d.]+) loops=1\)", text)
    removed = re.findall(r"Rows Removed by Filter: (\d+)", text)
    assert scans, text
    return int(sum(map(float, scans)) + sum(map(int, removed)))


async def test_a_page_reads_no_more_than_it_shows_whatever_is_asked(pool: asyncpg.Pool) -> None:
    await plant(pool, NUMBER)

    for conditions in (*OFTEN, *RARELY):
        for span in ([], SPAN):
            listing = listing_of([*conditions, *span])
            # Twice where a few are found in an index first, and sorted.
            assert await rows_read(pool, listing) <= 2 * (listing.limit + 1), conditions


async def walk(log: PostgresAuditLog, listing: Listing, *, forward: bool) -> list[Entry]:
    found: list[Entry] = []
    while True:
        page = await log.page(listing)
        if forward:
            found += page.items
        else:
            found = [*page.items, *found]
        if not (page.later if forward else page.earlier):
            return found
        listing = replace(
            listing,
            after=position(page.items[-1]) if forward else None,
            before=None if forward else position(page.items[0]),
        )


@pytest.mark.parametrize("conditions", [*OFTEN, *RARELY, SPAN], ids=str)
async def test_walking_the_pages_either_way_shows_every_entry_once(
    pool: asyncpg.Pool, conditions: list[Condition]
) -> None:
    await plant(pool, 130)
    # As many at one moment: ids break ties.
    await pool.execute(
        "INSERT INTO audit_log (at, action, entity, changes) SELECT $1, 'created',"
        " 'tag', '{}' FROM generate_series(1, 9)",
        NOON,
    )
    log, listing = PostgresAuditLog(pool), listing_of(conditions, limit=7)
    whole = (await log.page(replace(listing, limit=1000))).items

    assert await walk(log, listing, forward=True) == list(whole)
    if whole:
        back = replace(listing, before=position(whole[-1]))
        assert await walk(log, back, forward=False) == list(whole[:-1])


@pytest.mark.parametrize("counting", Counting)
async def test_few_are_counted_and_many_are_estimated(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, counting: Counting
) -> None:
    await plant(pool, 200)
    log, listing = PostgresAuditLog(pool), listing_of([], limit=1)
    few = (await log.page(replace(listing, counting=counting))).count
    monkeypatch.setattr(audit_log, "COUNTED", dict.fromkeys(Counting, 50))

    many = (await log.page(replace(listing, counting=counting))).count
    none = (await log.page(listing_of([equal("via", "import")]))).count
    nothing = await log.page(replace(listing_of([equal("via", "import")]), counting=counting))

    assert few == Count(200, exact=True)
    assert many is not None
    assert (many.exact, many.value >= 50) == (False, True)
    assert none is None
    assert (nothing.items, nothing.count) == ((), Count(0, exact=True))


@pytest.mark.parametrize(
    ("fields", "together"),
    [
        ("user", None),
        ("entity entity_id", None),
        ("user at at", None),
        ("user entity", ("user", "entity")),
        ("action via", ("action", "via")),
        ("entity entity_id user", ("entity", "entity_id")),
    ],
)
def test_one_filter_is_taken_at_a_time(fields: str, together: tuple[str, str] | None) -> None:
    conditions = [equal(field, "x") for field in fields.split()]

    assert too_many(listing_of(conditions)) == together
