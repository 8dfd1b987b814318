"""Adding what a worker has compared to the sums of all, exactly once.

Numbered as flushes of evidence are: one whose answer was lost is sent again, and counts once.
"""

from uuid import UUID

import asyncpg

from serinus.application.release.comparison_counters import MOST_PATHS, OTHER_PLACES, Compared
from serinus.infrastructure.postgres.failures import translate_errors

#: In the order of `Outcome`, but for the first one: what is differing was compared, too.
SUMS = ("compared", "differing", "noise", "skipped", "worse", "better", "shared")
COLUMNS = ", ".join(SUMS)
TYPED = ", ".join(f"{name} bigint" for name in SUMS)
ADDED = ", ".join(f"{name} = c.{name} + excluded.{name}" for name in SUMS)

#: One at a time adds places, so that their number is known.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('serinus.differences'))"

FLUSH = f"""
WITH next AS (
    UPDATE release_nodes SET compared = $2 WHERE node = $1 AND compared = $2 - 1
    RETURNING 1
), counted AS (
    INSERT INTO release_comparisons AS c (release_id, route, {COLUMNS}, cannot)
    SELECT n.* FROM json_to_recordset($3::json)
           AS n (release_id uuid, route text, {TYPED}, cannot text)
     WHERE EXISTS (SELECT FROM next) AND EXISTS (SELECT FROM releases WHERE id = n.release_id)
     ORDER BY n.release_id, n.route
        ON CONFLICT (release_id, route)
        DO UPDATE SET {ADDED}, cannot = coalesce(c.cannot, excluded.cannot)
), told AS (
    SELECT n.*, d.release_id IS NOT NULL AS known,
           (SELECT count(*) FROM release_differences WHERE release_id = n.release_id)
           + count(*) FILTER (WHERE d.release_id IS NULL)
                 OVER (PARTITION BY n.release_id ORDER BY n.route, n.path) AS place
      FROM json_to_recordset($4::json) AS n (release_id uuid, route text, path text, kind text,
                                             count bigint, stable text, candidate text)
      LEFT JOIN release_differences d USING (release_id, route, path)
     WHERE EXISTS (SELECT FROM next) AND EXISTS (SELECT FROM releases WHERE id = n.release_id)
), placed AS (
    SELECT release_id, route, kind, count, stable, candidate, path FROM told
     WHERE known OR place <= {MOST_PATHS}
     UNION ALL
    SELECT release_id, route, '{OTHER_PLACES.kind}', sum(count), '', '', '{OTHER_PLACES.path}'
      FROM told WHERE NOT (known OR place <= {MOST_PATHS}) GROUP BY release_id, route
), found AS (
    INSERT INTO release_differences AS d (release_id, route, path, kind, count, first_at,
                                          last_at, stable, candidate)
    SELECT release_id, route, path, min(kind), sum(count), clock_timestamp(),
           clock_timestamp(), min(stable), min(candidate)
      FROM placed GROUP BY release_id, route, path
        ON CONFLICT (release_id, route, path)
        DO UPDATE SET count = d.count + excluded.count, last_at = excluded.last_at
)
SELECT compared FROM release_nodes WHERE node = $1
"""  # noqa: S608 - put together from constants


class PostgresComparisonFlush:
    """Of one worker, which is known to the others already."""

    def __init__(self, pool: asyncpg.Pool, node: UUID) -> None:
        self._pool, self._node = pool, node
        self._number = 1

    async def add(self, batch: Compared, *, patience: float) -> None:
        """Once it returns the batch is in the sums. Raise `Unavailable`: then send the same
        batch again, before any other.
        """
        with translate_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                if batch.found:
                    await connection.execute(LOCK, timeout=patience)
                await connection.fetchval(
                    FLUSH,
                    self._node,
                    self._number,
                    _sums(batch),
                    _places(batch),
                    timeout=patience,
                )
        self._number += 1


def _sums(batch: Compared) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for place, (equal, differing, *others) in batch.counts.items():
        release, route = place
        counts = (equal + differing, differing, *others)
        row: dict[str, object] = dict(zip(SUMS, counts, strict=True))
        cannot = batch.cannot.get(place)
        rows.append(row | {"release_id": str(release), "route": route, "cannot": cannot})
    return rows


def _places(batch: Compared) -> list[dict[str, object]]:
    return [
        {
            "release_id": str(release),
            "route": route,
            "path": path,
            "kind": found.first.kind,
            "count": found.count,
            "stable": found.first.stable,
            "candidate": found.first.candidate,
        }
        for (release, route, path), found in batch.found.items()
    ]
