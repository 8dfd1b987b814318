"""A database that goes away while requests are being served."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import psycopg
import pytest
from psycopg import sql

from serinus.domain.errors import SerinusError, Unavailable
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.pool import open_pool


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2)"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable) as raised, translate_errors():
        raise error

    assert raised.value.__cause__ is error
    assert str(error) not in str(raised.value) or not str(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("duplicate key value violates unique constraint"),
        asyncpg.CheckViolationError("violates check constraint"),
        asyncpg.UndefinedTableError("relation does not exist"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.InternalClientError("got result for unknown protocol state 7"),
        asyncpg.DataError("invalid input for query argument $1"),
        asyncio.CancelledError(),
        SerinusError("known already"),
        KeyError("a mistake of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_stays_what_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, translate_errors():
        raise error

    assert raised.value is error


def test_translating_twice_changes_nothing() -> None:
    with pytest.raises(Unavailable), translate_errors(), translate_errors():
        raise ConnectionResetError


async def test_a_terminated_connection_is_unavailable_and_the_next_one_works(
    pool: asyncpg.Pool,
) -> None:
    with pytest.raises(Unavailable), translate_errors():
        await pool.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    assert await pool.fetchval("SELECT 1") == 1


async def test_a_dropped_database_is_unavailable(
    pool: asyncpg.Pool, database_url: str, server_dsn: str
) -> None:
    name = sql.Identifier(urlsplit(database_url).path.removeprefix("/"))
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    for _ in range(3):
        with pytest.raises(Unavailable), translate_errors():
            await pool.fetchval("SELECT 1")


async def test_a_closed_pool_is_unavailable(database_url: str) -> None:
    pool = await open_pool(database_url)
    await pool.close()

    with pytest.raises(Unavailable), translate_errors():
        await pool.fetchval("SELECT 1")


async def test_a_full_pool_is_unavailable(database_url: str) -> None:
    pool = await open_pool(database_url, size=1, acquire_timeout=0.02)
    async with pool.acquire():
        with pytest.raises(Unavailable), translate_errors():
            await pool.fetchval("SELECT 1")
    await pool.close()


async def test_a_cancelled_statement_is_unavailable(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = '10ms'")

        with pytest.raises(Unavailable), translate_errors():
            await connection.execute("SELECT pg_sleep(10)")
