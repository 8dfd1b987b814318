"""The record of every routing that was in force."""

from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from serinus.domain.release.assignment import Routing, Share
from serinus.infrastructure.postgres.release_rows import GOVERNS, LOCK


@dataclass(frozen=True, slots=True)
class EnteredRouting:
    epoch: int
    share: Share
    origin: str
    since: datetime


class PostgresRoutings:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def enter(self, routing: Routing, *, at: datetime) -> Routing:
        """Give the routing its epoch: the newest one if nothing changed, else the next.

        Nodes that start together with the same settings get the same epoch. Where a release
        governs it has one already, whatever the settings are.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # The lock comes in a statement of its own: the next one sees what it waited for.
            await connection.execute(LOCK)
            epoch: int = await connection.fetchval(
                f"""
                WITH newest AS (
                    SELECT epoch, share, origin FROM routing_epochs
                     ORDER BY epoch DESC LIMIT 1
                ), entered AS (
                    INSERT INTO routing_epochs (epoch, share, origin, started_at)
                    SELECT coalesce((SELECT epoch FROM newest), 0) + 1, $1, $2, $3
                     WHERE NOT EXISTS (SELECT FROM newest WHERE share = $1 AND origin = $2)
                       AND NOT EXISTS (SELECT FROM {GOVERNS} governs)
                    RETURNING epoch
                )
                SELECT epoch FROM entered
                 UNION ALL
                SELECT epoch FROM newest
                 ORDER BY epoch DESC LIMIT 1
                """,  # noqa: S608 - put together from constants
                routing.share.basis_points,
                routing.origin,
                at,
            )
        return replace(routing, epoch=epoch)

    async def newest(self) -> EnteredRouting | None:
        """None when no server ever started on this database."""
        row = await self._pool.fetchrow(
            """
            SELECT epoch, share, origin, started_at FROM routing_epochs
             ORDER BY epoch DESC LIMIT 1
            """
        )
        if row is None:
            return None
        return EnteredRouting(
            row["epoch"], Share(row["share"]), row["origin"], row["started_at"]
        )
