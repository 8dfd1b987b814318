"""What comparing has found, in PostgreSQL: for the judge, for people, and what they say."""

from uuid import UUID

import asyncpg

from serinus.application.release.comparing import (
    WHOLE_ROUTE,
    Explanation,
    PlaceDiffering,
    Report,
    RouteCompared,
)
from serinus.application.release.ports import Entry
from serinus.domain.release.verdict import ComparisonState
from serinus.infrastructure.postgres.failures import translate_errors

# A pair may differ at several places, so that the sum over those that nobody has explained is
# the most pairs there can be.
STATE = """
SELECT c.route, c.compared, c.worse, c.better, c.explained_by IS NOT NULL AS explained,
       c.cannot IS NOT NULL AS cannot,
       least(c.differing, coalesce(d.unexplained, 0))::bigint AS differing
  FROM release_comparisons c
  LEFT JOIN (SELECT route, sum(count) AS unexplained FROM release_differences
              WHERE release_id = $1 AND explained_by IS NULL GROUP BY route) d USING (route)
 WHERE c.release_id = $1
 ORDER BY c.route
"""
ROUTES = "SELECT * FROM release_comparisons WHERE release_id = $1 ORDER BY route"
PLACES = """
SELECT * FROM release_differences WHERE release_id = $1 ORDER BY route, count DESC, path
"""
EXPLAIN_PLACE = """
UPDATE release_differences SET explained_by = $4, explained_reason = $5
 WHERE release_id = $1 AND route = $2 AND path = $3
RETURNING true
"""
EXPLAIN_ROUTE = """
UPDATE release_comparisons SET explained_by = $3, explained_reason = $4
 WHERE release_id = $1 AND route = $2
RETURNING true
"""


class PostgresComparisons:
    """On a connection inside whose transaction a look is made, it sees what that sees."""

    def __init__(self, database: asyncpg.Pool | asyncpg.Connection) -> None:
        self._database = database

    async def state(self, release_id: UUID) -> ComparisonState:
        with translate_errors():
            rows = await self._database.fetch(STATE, release_id)
        asked_for = [row for row in rows if not row["explained"]]
        return ComparisonState(
            compared={row["route"]: row["compared"] for row in asked_for if not row["cannot"]},
            differing=sum(row["differing"] for row in rows),
            unexplained=tuple(row["route"] for row in rows if row["differing"]),
            worse=sum(row["worse"] for row in rows),
            better=sum(row["better"] for row in rows),
            incomparable=tuple(row["route"] for row in asked_for if row["cannot"]),
        )

    async def report(self, release_id: UUID) -> Report:
        with translate_errors():
            routes = await self._database.fetch(ROUTES, release_id)
            places = await self._database.fetch(PLACES, release_id)
        return Report(
            release_id, [_route(row) for row in routes], [_place(row) for row in places]
        )


async def explain(
    connection: asyncpg.Connection, release_id: UUID, route: str, path: str, entry: Entry
) -> bool:
    """Whether there is such a place."""
    said = (entry.actor, entry.reason)
    if path == WHOLE_ROUTE:
        found = await connection.fetchval(EXPLAIN_ROUTE, release_id, route, *said)
    else:
        found = await connection.fetchval(EXPLAIN_PLACE, release_id, route, path, *said)
    return bool(found)


def _route(row: asyncpg.Record) -> RouteCompared:
    return RouteCompared(
        route=row["route"],
        compared=row["compared"],
        differing=row["differing"],
        noise=row["noise"],
        skipped=row["skipped"],
        worse=row["worse"],
        better=row["better"],
        shared=row["shared"],
        cannot=row["cannot"] or "",
        explained=_explanation(row),
    )


def _place(row: asyncpg.Record) -> PlaceDiffering:
    return PlaceDiffering(
        route=row["route"],
        path=row["path"],
        kind=row["kind"],
        count=row["count"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        stable=row["stable"],
        candidate=row["candidate"],
        explained=_explanation(row),
    )


def _explanation(row: asyncpg.Record) -> Explanation | None:
    by = row["explained_by"]
    return None if by is None else Explanation(by, row["explained_reason"])
