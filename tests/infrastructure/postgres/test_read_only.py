"""On some connections nothing can be written, and it is known who tried."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.read_only import read_only_pool, watched

WRITE = "UPDATE users SET username = 'x' WHERE false"


@pytest.fixture
async def reading(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = read_only_pool(database_url, size=2, statement_timeout=0.2)
    await pool
    yield pool
    await pool.close()


async def test_no_connection_is_opened_before_one_is_needed(reading: asyncpg.Pool) -> None:
    assert reading.get_size() == 0
    assert await reading.fetchval("SELECT '[1]'::jsonb") == [1]
    assert reading.get_size() == 1


@pytest.mark.parametrize(
    "statement",
    [
        WRITE,
        "WITH gone AS (DELETE FROM users RETURNING 1) SELECT * FROM gone",
        "SELECT * FROM users FOR UPDATE",
        "CREATE TABLE t ()",
    ],
)
async def test_whatever_would_write_is_refused_and_noticed(
    reading: asyncpg.Pool, statement: str
) -> None:
    with watched() as tries, pytest.raises(Unavailable), translate_errors():
        await reading.fetch(statement)
    await asyncio.sleep(0)

    assert tries.wrote


async def test_who_only_reads_has_not_tried(reading: asyncpg.Pool) -> None:
    async def other() -> None:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await reading.execute(WRITE)

    with watched() as tries:
        await reading.fetchval("SELECT count(*) FROM users")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await reading.fetchval("SELECT 1 / 0")
    await asyncio.create_task(other())
    await asyncio.sleep(0)

    assert not tries.wrote


async def test_a_statement_that_takes_too_long_is_ended(reading: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.QueryCanceledError):
        await reading.execute("SELECT pg_sleep(30)")
