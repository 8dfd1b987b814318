"""Adding what a worker has counted to the sums of all, exactly once.

A flush has a number, and counts only where it is the next one of its worker. So one whose
answer was lost is simply sent again.
"""

from uuid import UUID

import asyncpg

from serinus.application.release.evidence_counters import Batch
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.release_evidence import COUNTS

SUMS = ", ".join(COUNTS)
ARRAYS = ", ".join(
    f"${number}::{'double precision' if name == 'db_seconds' else 'bigint'}[]"
    for number, name in enumerate(COUNTS, 8)
)
ADDED = ", ".join(f"{name} = e.{name} + excluded.{name}" for name in COUNTS)

# In the order of the key: whoever flushes and whoever judges locks in that order. A release
# that is gone takes its evidence with it.
FLUSH = f"""
WITH next AS (
    UPDATE release_nodes SET flushed = $2, heard_at = greatest(heard_at, clock_timestamp())
     WHERE node = $1 AND flushed = $2 - 1
    RETURNING 1
), counted AS (
    INSERT INTO release_evidence AS e (release_id, epoch, arm, route, stratum, {SUMS})
    SELECT n.* FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::smallint[],
                           {ARRAYS})
           AS n (release_id, epoch, arm, route, stratum, {SUMS})
     WHERE EXISTS (SELECT FROM next) AND EXISTS (SELECT FROM releases WHERE id = n.release_id)
     ORDER BY n.release_id, n.epoch, n.arm, n.route, n.stratum
        ON CONFLICT (release_id, epoch, arm, route, stratum) DO UPDATE SET {ADDED}
), timed AS (
    INSERT INTO release_histograms AS h (release_id, epoch, arm, route, counts)
    SELECT t.release_id, t.epoch, t.arm, t.route, t.counts
      FROM json_to_recordset($18::json)
           AS t (release_id uuid, epoch bigint, arm text, route text, counts bigint[])
     WHERE EXISTS (SELECT FROM next) AND EXISTS (SELECT FROM releases WHERE id = t.release_id)
     ORDER BY t.release_id, t.epoch, t.arm, t.route
        ON CONFLICT (release_id, epoch, arm, route) DO UPDATE
       SET counts = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
                            FROM unnest(h.counts, excluded.counts) WITH ORDINALITY
                                 AS both_ (a, b, place) ORDER BY place)
)
SELECT flushed FROM release_nodes WHERE node = $1
"""  # noqa: S608 - put together from constants


class PostgresFlush:
    """Of one worker, which is known to the others already."""

    def __init__(self, pool: asyncpg.Pool, node: UUID) -> None:
        self._pool, self.node = pool, node
        self._number = 1

    async def add(self, batch: Batch, *, patience: float) -> None:
        """Once it returns the batch is in the sums. Raise `Unavailable`: then send the same
        batch again, before any other.
        """
        places = sorted(batch.counts)
        columns = zip(*(batch.counts[place] for place in places), strict=True)
        timed = [
            {
                "release_id": str(release),
                "epoch": epoch,
                "arm": arm,
                "route": route,
                "counts": counts,
            }
            for (release, epoch, arm, route), counts in batch.histograms.items()
        ]
        with translate_errors():
            await self._pool.fetchval(
                FLUSH,
                self.node,
                self._number,
                *zip(*places, strict=True),
                *columns,
                timed,
                timeout=patience,
            )
        self._number += 1
