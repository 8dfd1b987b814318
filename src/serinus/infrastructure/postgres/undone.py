"""Writes that are tried, looked at and undone: all of one piece of work is one transaction.

Stores get what looks like a pool and leads to that transaction. What each of them does by
itself, or in a transaction of its own, is a savepoint there: if it fails, it alone is undone.
Constraints that wait for a commit are checked with every statement, for there never is one.
Whom a write would tell by NOTIFY hears nothing: that dies with the transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import asyncpg
from asyncpg.connection import LoggedQuery

from serinus.domain.release.rows_written import Entry
from serinus.infrastructure.postgres.connecting import SESSION
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.pool import BoundedPool, bounded_pool, speak_json

PATIENCE = 1.0  # seconds: for a connection, and for a row that somebody else writes

BEGIN = "SET CONSTRAINTS ALL IMMEDIATE"
NOW = "SELECT clock_timestamp()"
# The time goes by an index; ids of requests are the clients', who may use one again.
WRITTEN = """
SELECT entity, entity_id, action, version, user_id, changes FROM audit_log
 WHERE at >= $2 AND request_id = $1 AND via = 'v1'
 ORDER BY at, id
"""


@dataclass(slots=True)
class PostgresTrial:
    connection: asyncpg.Connection
    began: datetime
    crowded: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def written(self, request_id: str) -> Sequence[Entry]:
        async with self.turn:
            return await _written(self.connection, request_id, self.began)


_CURRENT: ContextVar[PostgresTrial] = ContextVar("trial")


class TrialPool:
    """Of the trial that the task is in. What stores ask of a pool, and nothing else."""

    def as_pool(self) -> BoundedPool:
        return cast("BoundedPool", self)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        trial = _CURRENT.get()
        async with trial.turn, trial.connection.transaction():
            yield trial.connection

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        async with self.acquire() as connection:
            return await connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: object) -> asyncpg.Record | None:
        async with self.acquire() as connection:
            return await connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: object) -> object:
        async with self.acquire() as connection:
            return await connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: object) -> str:
        async with self.acquire() as connection:
            return await connection.execute(query, *arguments)


class PostgresTrials:
    """`pool`: of `trial_pool`; `written` may ask any."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[PostgresTrial]:
        with translate_errors():
            async with self._pool.acquire() as lent:
                connection = cast("asyncpg.Connection", lent)  # a proxy of one
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await connection.execute(BEGIN)
                    trial = PostgresTrial(connection, await connection.fetchval(NOW))
                    token = _CURRENT.set(trial)
                    try:
                        yield trial
                    finally:
                        _CURRENT.reset(token)
                finally:
                    await transaction.rollback()

    async def written(self, request_id: str, since: datetime) -> Sequence[Entry]:
        with translate_errors():
            return await _written(self._pool, request_id, since)


def trial_pool(url: str, *, size: int, statement_timeout: float) -> BoundedPool:
    """Await it before it is used; connections are opened when they are needed.
    `statement_timeout`: seconds. Raise `DatabaseUnreachable` where the URL is none.
    """
    session = SESSION | {
        "application_name": "serinus: tries writes",
        "statement_timeout": str(int(statement_timeout * 1000)),
        "lock_timeout": str(int(PATIENCE * 1000)),
    }
    pool = bounded_pool(url, least=0, most=size, session=session, prepare=_prepared)
    pool.patience = PATIENCE
    return pool


async def _prepared(connection: asyncpg.Connection) -> None:
    await speak_json(connection)
    connection.add_query_logger(_look_at)


def _look_at(query: LoggedQuery) -> None:
    trial = _CURRENT.get(None)
    if trial and isinstance(query.exception, asyncpg.LockNotAvailableError):
        trial.crowded = True


async def _written(
    database: asyncpg.Pool | asyncpg.Connection, request_id: str, since: datetime
) -> Sequence[Entry]:
    rows = await database.fetch(WRITTEN, request_id, since)
    return [
        Entry(
            entity=row["entity"],
            entity_id=row["entity_id"],
            action=row["action"],
            version=row["version"],
            user=row["user_id"],
            changes=row["changes"],
        )
        for row in rows
    ]
