"""The evidence that no look has taken, and what becomes of it afterwards."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import Cell, Counts

COUNTS = (
    "requests",
    "errors",
    "slow",
    "client_errors",
    "cache_hits",
    "cache_misses",
    "queries",
    "db_seconds",
    "rescued",
    "shared",
)
SUMS, JUDGED = ", ".join(COUNTS), ", ".join(f"judged_{name}" for name in COUNTS)
DIFFERENCES = ", ".join(f"{name} - judged_{name} AS {name}" for name in COUNTS)
TOTALS = ", ".join(f"sum({name}) AS {name}" for name in COUNTS)
TAKEN = ", ".join(f"judged_{name} = e.{name}" for name in COUNTS)
KEY = "epoch, arm, route, stratum"

# Locked in the order of the key, as whoever flushes does it: neither waits for the other in a
# circle. What is flushed meanwhile is seen by the next look.
TAKE = f"""
WITH news AS (
    SELECT {KEY}, {DIFFERENCES} FROM release_evidence
     WHERE release_id = $1 AND epoch >= $2 AND ({SUMS}) IS DISTINCT FROM ({JUDGED})
     ORDER BY {KEY} FOR NO KEY UPDATE
)
UPDATE release_evidence e SET {TAKEN} FROM news
 WHERE (e.epoch, e.arm, e.route, e.stratum) = (news.epoch, news.arm, news.route, news.stratum)
   AND e.release_id = $1
RETURNING news.*
"""  # noqa: S608 - put together from constants

# Of a release that is over nobody asks for strata any more.
COMPACT = f"""
WITH over AS (
    SELECT id FROM releases r
     WHERE ended_at < now() - interval '1 day'
       AND EXISTS (SELECT FROM release_evidence WHERE release_id = r.id AND stratum <> 0)
     LIMIT 1
), gone AS (
    DELETE FROM release_evidence e USING over WHERE e.release_id = over.id AND e.stratum <> 0
    RETURNING e.*
), summed AS (
    SELECT release_id, epoch, arm, route, {TOTALS}
      FROM gone GROUP BY release_id, epoch, arm, route
)
INSERT INTO release_evidence AS e (release_id, epoch, arm, route, stratum, {SUMS})
SELECT release_id, epoch, arm, route, 0, {SUMS} FROM summed
    ON CONFLICT (release_id, epoch, arm, route, stratum)
    DO UPDATE SET {", ".join(f"{name} = e.{name} + excluded.{name}" for name in COUNTS)}
"""  # noqa: S608 - put together from constants


async def take_news(
    connection: asyncpg.Connection, release_id: UUID, *, since: int
) -> Sequence[Cell]:
    """`since`: the epoch from which on to look."""
    rows = await connection.fetch(TAKE, release_id, since)
    return [
        Cell(
            row["epoch"],
            Arm(row["arm"]),
            row["route"],
            row["stratum"],
            Counts(*(row[name] for name in COUNTS)),
        )
        for row in sorted(rows, key=lambda row: tuple(row)[:4])
    ]


async def compact(database: asyncpg.Pool | asyncpg.Connection) -> None:
    """Add up the strata of one release that has been over for a day, if there is one."""
    await database.execute(COMPACT)
