"""What is only ever added to: the sequence of routings, and the record of a release."""

from datetime import datetime

import asyncpg

from serinus.application.release.ports import Entry
from serinus.domain.release.history import GENESIS, Event
from serinus.domain.release.in_force import told
from serinus.domain.release.release import Release
from serinus.infrastructure.postgres.release_rows import CHANNEL


async def enter_epoch(connection: asyncpg.Connection, release: Release) -> None:
    """Of all routings that ever were in force there is one sequence."""
    await connection.execute(
        """
        INSERT INTO routing_epochs (epoch, share, origin, started_at, release_id)
        VALUES ($1, $2, $3, clock_timestamp(), $4)
        """,
        release.epoch,
        release.share.basis_points,
        told(release),
        release.id,
    )


async def record(
    connection: asyncpg.Connection, release: Release, entry: Entry, at: datetime
) -> None:
    """Add the next event, sealed over the last one."""
    last = await connection.fetchrow(
        """
        SELECT number, hash FROM release_events
         WHERE release_id = $1 ORDER BY number DESC LIMIT 1
        """,
        release.id,
    )
    event = Event(
        release=release.id,
        number=last["number"] + 1 if last else 1,
        at=at,
        actor=entry.actor,
        reason=entry.reason,
        kind=entry.kind,
        body=entry.body,
        previous=last["hash"] if last else GENESIS,
    ).sealed()
    await connection.execute(
        """
        INSERT INTO release_events
               (release_id, number, at, actor, reason, kind, body, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        event.release,
        event.number,
        event.at,
        event.actor,
        event.reason,
        event.kind,
        event.body,
        event.previous,
        event.hash,
    )


async def tell(connection: asyncpg.Connection, release: Release) -> None:
    """Which epoch is in force. Who serves another one looks it up, once this is committed."""
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(release.epoch))
