"""Imports in PostgreSQL: one at a time, each attempt a transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from serinus.application import acting
from serinus.application.content.import_ports import ImportRunning, Refused
from serinus.infrastructure.postgres.connecting import connect
from serinus.infrastructure.postgres.failures import is_passing, translate_errors
from serinus.infrastructure.postgres.import_writes import PostgresImportWrites

# Any number that nothing else locks; the lock ends with its connection, however that ends.
LOCK = 0x5E21_1405
# A constraint that waits for the end of the transaction must speak up while the attempt lasts.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE"
CHECK_LATER = "SET CONSTRAINTS ALL DEFERRED"
# Without statistics the triggers that count tags compare every post with every tag of a batch,
# and an import is faster than the server's own upkeep: 30 s instead of 2 s for 13,000 posts.
GATHER_STATISTICS = "ANALYZE posts, post_tags, tags, slugs"
FIRST_GATHERING = 200  # posts added; then whenever they have doubled


class PostgresImports:
    """Has a connection of its own: the lock is a session's, and pooled ones are shared."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def session(self, *, dry_run: bool) -> AsyncIterator["PostgresImportSession"]:
        connection = await connect(self._url)
        try:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                raise ImportRunning("another import is running on this database")
            session = PostgresImportSession(connection)
            if not dry_run:
                yield session
                return
            # One transaction around all, so that every attempt sees what those before it did.
            rehearsal = connection.transaction()
            await rehearsal.start()
            try:
                yield session
            finally:
                await rehearsal.rollback()
        finally:
            await connection.close()

    async def has_posts(self) -> bool:
        connection = await connect(self._url)
        try:
            return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM posts)"))
        finally:
            await connection.close()


class PostgresImportSession:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._added = 0
        self._gather_at = FIRST_GATHERING

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[PostgresImportWrites]:
        with translate_errors():
            try:
                async with self._connection.transaction():
                    await self._connection.execute(CHECK_LATER)
                    await self._connection.execute("SELECT acting($1)", acting.told())
                    writes = PostgresImportWrites(self._connection)
                    yield writes
                    await self._connection.execute(CHECK_NOW)
                await self._keep_statistics(writes.added)
            except (
                asyncpg.IntegrityConstraintViolationError,
                asyncpg.DataError,
                asyncpg.ProgramLimitExceededError,
                asyncpg.RaiseError,
            ) as error:
                # Two writers with the same new name: the other one's is there next time.
                raced = isinstance(error, asyncpg.UniqueViolationError)
                raise Refused(str(error), passing=raced) from error
            except asyncpg.TransactionRollbackError as error:
                raise Refused(str(error), passing=is_passing(error)) from error

    async def _keep_statistics(self, added: int) -> None:
        self._added += added
        if self._added >= self._gather_at:
            self._gather_at = 2 * self._added
            await self._connection.execute(GATHER_STATISTICS)
