"""Who serves, and what: every worker says so again and again, and hears what it should."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from serinus.application.release.ports import NodeSeen, NodeState, Published
from serinus.domain.release.assignment import Share
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.release_rows import COLUMNS, GOVERNS, arms, release_of

ALIVE = 5.0  # seconds since a worker was heard of
SHOWN = 3600.0  # seconds since then
FORGOTTEN = 86_400.0  # seconds: nothing of it is on its way any more

# One statement: what a worker says and what it is told cost one round trip.
BEAT = f"""
WITH said AS (
    INSERT INTO release_nodes AS n
           (node, name, pid, epoch, applied_at, heard_at, share_served, says)
    VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp(), $5, $6)
        ON CONFLICT (node) DO UPDATE
       SET epoch = excluded.epoch, heard_at = excluded.heard_at, says = excluded.says,
           share_served = excluded.share_served,
           applied_at = CASE WHEN n.epoch = excluded.epoch THEN n.applied_at
                             ELSE excluded.applied_at END
)
SELECT {COLUMNS},
       (SELECT coalesce(max(epoch), 0) FROM routing_epochs) AS newest_epoch,
       CASE WHEN r.ended_at IS NULL
            THEN extract(epoch FROM clock_timestamp() - r.looked_at)::float END AS unjudged,
       (SELECT json_object_agg(consumer, arm) FROM release_pins WHERE release_id = r.id)
           AS pins,
       (SELECT count(*) FROM release_nodes WHERE node <> $1
           AND heard_at > clock_timestamp() - make_interval(secs => {ALIVE})) AS others
  FROM (VALUES (true)) AS always LEFT JOIN {GOVERNS} r ON true
"""  # noqa: S608 - put together from constants

SEEN = f"""
SELECT n.*, extract(epoch FROM clock_timestamp() - n.heard_at)::float AS heard_ago,
       CASE WHEN n.applied_at >= e.started_at
            THEN extract(epoch FROM n.applied_at - e.started_at)::float END AS applied_after
  FROM release_nodes n LEFT JOIN routing_epochs e USING (epoch)
 WHERE n.heard_at > clock_timestamp() - make_interval(secs => {SHOWN})
 ORDER BY n.name, n.pid, n.node
"""  # noqa: S608 - put together from constants

GONE = "UPDATE release_nodes SET heard_at = '-infinity' WHERE node = $1"

FORGET = f"""
DELETE FROM release_nodes
 WHERE greatest(heard_at, applied_at) < clock_timestamp() - make_interval(secs => {FORGOTTEN})
"""  # noqa: S608 - put together from constants


class PostgresNodes:
    def __init__(self, connection: asyncpg.Connection | asyncpg.Pool) -> None:
        self._connection = connection

    async def beat(self, state: NodeState) -> Published:
        with translate_errors():
            row = await self._connection.fetchrow(
                BEAT,
                state.node,
                state.name,
                state.pid,
                state.epoch,
                state.share.basis_points,
                state.says,
            )
        assert row is not None  # noqa: S101 - the statement gives exactly one row
        return Published(
            epoch=row["newest_epoch"],
            release=None if row["id"] is None else release_of(row),
            pins=arms(row["pins"]),
            unjudged=row["unjudged"],
            workers=row["others"] + 1,
        )

    async def seen(self) -> Sequence[NodeSeen]:
        with translate_errors():
            return await seen(self._connection)

    async def gone(self, node: UUID) -> None:
        """Its row stays: what it flushes last is counted by it."""
        with translate_errors():
            await self._connection.execute(GONE, node)


async def seen(connection: asyncpg.Connection | asyncpg.Pool) -> Sequence[NodeSeen]:
    return [_seen(row) for row in await connection.fetch(SEEN)]


async def forget(connection: asyncpg.Connection) -> None:
    """Those that have not been heard of for a day."""
    await connection.execute(FORGET)


def _seen(row: asyncpg.Record) -> NodeSeen:
    return NodeSeen(
        state=NodeState(
            node=row["node"],
            name=row["name"],
            pid=row["pid"],
            epoch=row["epoch"],
            share=Share(row["share_served"]),
            says=row["says"],
        ),
        applied_after=row["applied_after"],
        heard_ago=row["heard_ago"],
    )
