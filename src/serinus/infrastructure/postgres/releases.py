"""Releases in PostgreSQL: one governs, at most one runs."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast
from uuid import UUID

import asyncpg

from serinus.application.release.ports import Begin, Part, ReleaseRuns, Standing
from serinus.domain.release.assignment import NOTHING, Arm, Share
from serinus.domain.release.history import Event
from serinus.domain.release.release import Release
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.release_held import HeldRelease
from serinus.infrastructure.postgres.release_records import enter_epoch, record, tell
from serinus.infrastructure.postgres.release_rows import (
    COLUMNS,
    GOVERNS,
    IN_FORCE,
    LOCK,
    arms,
    event_of,
    release_of,
)

#: Who holds the lock and does not go on is not waited for, nor does anybody else wait for it.
BOUNDS = """
SELECT set_config('lock_timeout', '4s', true),
       set_config('idle_in_transaction_session_timeout', '10s', true)
"""
HELD = f"""
SELECT {COLUMNS}, r.memory, r.verdict, clock_timestamp() AS now FROM {GOVERNS} r
"""  # noqa: S608 - put together from constants
STANDING = f"""
SELECT {COLUMNS}, r.verdict, (SELECT max(epoch) FROM routing_epochs) AS newest_epoch,
       n.share AS newest_share, n.origin, n.started_at AS entered_at,
       CASE WHEN r.ended_at IS NULL
            THEN extract(epoch FROM clock_timestamp() - r.looked_at)::float END AS looked_ago
  FROM (VALUES (true)) AS always
  LEFT JOIN {IN_FORCE} n ON true
  LEFT JOIN {GOVERNS} r ON true
"""  # noqa: S608 - put together from constants
NEXT = """
SELECT clock_timestamp() AS now, coalesce(max(epoch), 0) + 1 AS epoch FROM routing_epochs
"""
START = """
INSERT INTO releases (id, first_epoch, salt, plan, drill, phase, stage, share, paused,
                      gate_open, since, since_epoch, epoch, version, looked_at, started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp(), $15)
"""


class PostgresReleases:
    def __init__(self, database: asyncpg.Pool | asyncpg.Connection) -> None:
        self._database = database

    @asynccontextmanager
    async def held(self) -> AsyncIterator[HeldRelease | None]:
        async with self._locked() as connection:
            row = await connection.fetchrow(HELD)
            if row is None:
                yield None
            else:
                yield HeldRelease(
                    connection, release_of(row), row["now"], row["memory"], row["verdict"]
                )

    async def start(self, begin: Begin) -> Release:
        async with self._locked() as connection:
            row = await connection.fetchrow(HELD)
            last = release_of(row) if row else None
            if last and not last.ended:
                raise ReleaseRuns("a release runs already: it can be aborted")
            next_ = await connection.fetchrow(NEXT)
            assert next_ is not None  # noqa: S101 - the statement gives exactly one row
            now = next_["now"]
            release, entry = begin(last, now, next_["epoch"])
            await self._insert(connection, release)
            await enter_epoch(connection, release)
            await record(connection, release, entry, now)
            await tell(connection, release)
        return release

    async def standing(self) -> Standing:
        with translate_errors():
            async with self._lent() as connection:
                row = await connection.fetchrow(STANDING)
        assert row is not None  # noqa: S101 - the statement gives exactly one row
        share = row["newest_share"]
        return Standing(
            release=None if row["id"] is None else release_of(row),
            epoch=row["newest_epoch"] or 0,
            share=NOTHING if share is None else Share(share),
            origin=row["origin"] or "no server was ever started",
            since=row["entered_at"],
            looked_ago=row["looked_ago"],
            verdict=row["verdict"],
        )

    async def get(self, release_id: UUID) -> Release | None:
        rows = await self._read(f"SELECT {COLUMNS} FROM releases r WHERE id = $1", release_id)  # noqa: S608 - a constant
        return release_of(rows[0]) if rows else None

    async def newest(self, limit: int) -> Sequence[Release]:
        rows = await self._read(
            f"SELECT {COLUMNS} FROM releases r ORDER BY first_epoch DESC LIMIT $1",  # noqa: S608 - a constant
            limit,
        )
        return [release_of(row) for row in rows]

    async def history(self, release_id: UUID) -> Sequence[Event]:
        rows = await self._read(
            "SELECT * FROM release_events WHERE release_id = $1 ORDER BY number", release_id
        )
        return [event_of(row) for row in rows]

    async def latest(self, release_id: UUID, limit: int) -> Sequence[Event]:
        rows = await self._read(
            """
            SELECT * FROM release_events WHERE release_id = $1 ORDER BY number DESC LIMIT $2
            """,
            release_id,
            limit,
        )
        return [event_of(row) for row in reversed(rows)]

    async def events(self, release_id: UUID, part: Part) -> Sequence[Event]:
        order, behind = ("DESC", "<") if part.newest_first else ("ASC", ">")
        rows = await self._read(
            f"""
            SELECT * FROM release_events
             WHERE release_id = $1 AND ($2::integer IS NULL OR number {behind} $2)
             ORDER BY number {order} LIMIT $3
            """,  # noqa: S608 - one of two orders
            release_id,
            part.after,
            part.limit,
        )
        return [event_of(row) for row in rows]

    async def pins(self, release_id: UUID) -> Mapping[str, Arm]:
        rows = await self._read(
            "SELECT consumer, arm FROM release_pins WHERE release_id = $1 ORDER BY consumer",
            release_id,
        )
        return arms({row["consumer"]: row["arm"] for row in rows})

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[asyncpg.Connection]:
        """The lock comes in a statement of its own: the next one sees what it waited for."""
        with translate_errors():
            async with self._lent() as connection, connection.transaction():
                await connection.execute(BOUNDS)
                await connection.execute(LOCK)
                yield connection

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[asyncpg.Connection]:
        if isinstance(self._database, asyncpg.Connection):
            yield self._database
            return
        async with self._database.acquire() as connection:
            yield cast("asyncpg.Connection", connection)  # a proxy of one

    async def _read(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        with translate_errors():
            async with self._lent() as connection:
                return list(await connection.fetch(statement, *arguments))

    async def _insert(self, connection: asyncpg.Connection, release: Release) -> None:
        await connection.execute(
            START,
            release.id,
            release.first_epoch,
            release.salt,
            release.plan.to_json(),
            release.drill,
            release.phase,
            release.stage,
            release.share.basis_points,
            release.paused,
            release.gate_open,
            release.since,
            release.since_epoch,
            release.epoch,
            release.version,
            release.started_at,
        )
