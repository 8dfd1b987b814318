"""Values and limits of the pool that every repository uses."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serinus.infrastructure.postgres.pool import open_pool

# PostgreSQL stores no NUL in text, and jsonb no number that a float cannot hold.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", ["json", "jsonb"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(value=JSON)
async def test_json_comes_back_as_it_went(pool: asyncpg.Pool, kind: str, value: object) -> None:
    assert await pool.fetchval(f"SELECT $1::{kind}", value) == value


async def test_times_are_aware_and_in_utc(pool: asyncpg.Pool) -> None:
    assert await pool.fetchval("SHOW timezone") == "UTC"
    assert await pool.fetchval("SELECT timestamptz '2030-01-01 12:00+02'") == datetime(
        2030, 1, 1, 10, tzinfo=UTC
    )


async def test_connections_say_whose_they_are(pool: asyncpg.Pool) -> None:
    assert await pool.fetchval("SHOW application_name") == "serinus"


async def test_a_request_waits_only_so_long_for_a_connection(database_url: str) -> None:
    pool = await open_pool(database_url, size=1, acquire_timeout=0.02)
    async with pool.acquire():
        with pytest.raises(TimeoutError):
            await pool.fetchval("SELECT 1")
    assert await pool.fetchval("SELECT 1") == 1
    await pool.close()


async def test_waiters_are_served_when_a_connection_is_free_again(database_url: str) -> None:
    pool = await open_pool(database_url, size=2)

    answers = await asyncio.gather(*(pool.fetchval("SELECT $1::int", n) for n in range(20)))

    assert answers == list(range(20))
    await pool.close()


async def test_a_connection_comes_back_without_its_open_transaction(
    database_url: str,
) -> None:
    pool = await open_pool(database_url, size=1)
    connection = await pool.acquire()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("DROP TABLE import_origins")
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # asyncpg reports it

    await pool.release(connection)

    assert await pool.fetchval("SELECT count(*) FROM import_origins") == 0
    await pool.close()


async def test_giving_a_connection_back_costs_no_round_trip(database_url: str) -> None:
    pool = await open_pool(database_url, size=1)
    sent: list[str] = []
    connection = await pool.acquire()
    connection.add_query_logger(lambda record: sent.append(record.query))

    await pool.release(connection)
    await pool.fetchval("SELECT 1")

    assert sent == ["SELECT 1"]
    await pool.close()


async def test_who_waits_for_a_connection_is_counted(database_url: str) -> None:
    pool = await open_pool(database_url, size=1)
    connection = await pool.acquire()
    assert pool.waiting == 0

    waiting = [asyncio.create_task(pool.fetchval("SELECT 1")) for _ in range(3)]
    await asyncio.sleep(0)
    assert pool.waiting == 3

    waiting.pop().cancel()
    await pool.release(connection)
    assert await asyncio.gather(*waiting) == [1, 1]
    assert pool.waiting == 0
    await pool.close()
