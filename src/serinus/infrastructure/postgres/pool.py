"""The connection pool of one process."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
import msgspec
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

from serinus.infrastructure.postgres.connecting import (
    CONNECT_ERRORS,
    CONNECT_TIMEOUT,
    SESSION,
    check_url,
    connect,
    for_asyncpg,
    unreachable,
)

ACQUIRE_TIMEOUT = 5.0  # seconds a request waits for a free connection
COMMAND_TIMEOUT = 30.0  # seconds
PROBE_TIMEOUT = 3.0  # seconds
JSONB_VERSION = b"\x01"  # leads every jsonb value in PostgreSQL's binary format


class BoundedPool(asyncpg.Pool):
    """Gives up on a connection after a while, so that a full pool sheds load, not memory."""

    patience = ACQUIRE_TIMEOUT
    waiting = 0  # requests that wait for a connection, or for one to be opened

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext:
        # Waiting with a limit costs a task; when a connection is free there is no wait.
        if timeout is None and not self.get_idle_size():
            timeout = self.patience
        return super().acquire(timeout=timeout)

    # What every way to a connection ends in. The driver has no other place to count.
    async def _acquire(self, timeout: float | None) -> PoolConnectionProxy:  # noqa: ASYNC109 - its signature
        self.waiting += 1
        try:
            return await super()._acquire(timeout)  # type: ignore[misc, no-any-return] # not in the stubs
        finally:
            self.waiting -= 1


async def open_pool(
    url: str,
    *,
    size: int = 10,
    connect_timeout: float = CONNECT_TIMEOUT,
    acquire_timeout: float = ACQUIRE_TIMEOUT,
    asked: Callable[[float], None] | None = None,
) -> BoundedPool:
    """Connect at once and raise `DatabaseUnreachable` within five seconds when that fails.

    Connections go back to the pool without the driver's reset, which would cost every read a
    second round trip. So nothing may change a session: use `SET LOCAL`, transaction-level
    advisory locks, and a connection of one's own for LISTEN.

    `asked`: told the seconds of each statement, in the next turn of the loop.
    """
    prepare = None if asked is None else _timing(asked)
    pool = bounded_pool(url, sizes=(1, size), connect_timeout=connect_timeout, prepare=prepare)
    pool.patience = acquire_timeout
    try:
        # The driver's limit is per address; a name may stand for several.
        async with asyncio.timeout(connect_timeout):
            await pool
    except CONNECT_ERRORS as error:
        pool.terminate()
        raise unreachable(url, error) from error
    return pool


def bounded_pool(
    url: str,
    kind: type[BoundedPool] = BoundedPool,
    *,
    sizes: tuple[int, int],
    connect_timeout: float = CONNECT_TIMEOUT,
    session: dict[str, str] = SESSION,
    prepare: Callable[[asyncpg.Connection], Coroutine[Any, Any, None]] | None = None,
) -> BoundedPool:
    """Await it before it is used. `sizes`: connections that are open then, and at most;
    `session`: settings of each; `prepare`: done to each once. Raise `DatabaseUnreachable` where
    the URL is none.
    """
    check_url(url)
    return kind(
        for_asyncpg(url),
        min_size=sizes[0],
        max_size=sizes[1],
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        init=prepare or speak_json,
        reset=_keep,
        loop=None,
        connection_class=asyncpg.Connection,  # type: ignore[arg-type] # a generic in the stubs
        record_class=asyncpg.Record,
        timeout=connect_timeout,
        command_timeout=COMMAND_TIMEOUT,
        server_settings=session,
    )


async def open_session(
    url: str, *, connect_timeout: float = CONNECT_TIMEOUT
) -> asyncpg.Connection:
    """A connection of one's own that reads and writes JSON as those of the pool do."""
    connection = await connect(url, connect_timeout=connect_timeout)
    try:
        await speak_json(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def probe(pool: asyncpg.Pool) -> None:
    """Make one round trip, and raise what the driver raises when there is no answer."""
    await pool.fetchval("SELECT 1", timeout=PROBE_TIMEOUT)


async def _keep(connection: asyncpg.Connection) -> None:
    """Send nothing: an open transaction has been rolled back before this is called."""


def _timing(
    asked: Callable[[float], None],
) -> Callable[[asyncpg.Connection], Coroutine[Any, Any, None]]:
    async def prepare(connection: asyncpg.Connection) -> None:
        await speak_json(connection)
        connection.add_query_logger(lambda query: asked(query.elapsed))

    return prepare


async def speak_json(connection: asyncpg.Connection) -> None:
    """JSON columns are read and written as values."""
    await connection.set_type_codec(
        "json",
        schema="pg_catalog",
        format="binary",
        encoder=msgspec.json.encode,
        decoder=msgspec.json.decode,
    )
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
    )


def _encode_jsonb(value: object) -> bytes:
    return JSONB_VERSION + msgspec.json.encode(value)


def _decode_jsonb(value: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    return msgspec.json.decode(memoryview(value)[1:])
