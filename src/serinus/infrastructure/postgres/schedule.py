"""Publishing at a set time. Every worker of every node asks; whoever comes first does it.

There is no leader and no lock that outlives a statement: whichever process is killed, the
others go on. What counts is the database's clock, which all of them share.
"""

import asyncpg

from serinus.application.acting import Actor, Via
from serinus.infrastructure.postgres.rounds import in_rounds

AT_ONCE = 10  # posts: few, so that the workers share what is due at the same time
LONGEST_WAIT = 0.5  # seconds; what is scheduled meanwhile for sooner is late by this at most
SHORTEST_WAIT = 0.02  # seconds, when a post that is due is being written by somebody else

# A post that somebody holds is left for the next time: it may not be due any more by then.
PUBLISH_DUE = f"""
WITH due AS (
    SELECT id FROM posts
     WHERE status = 'scheduled' AND deleted_at IS NULL AND scheduled_at <= now()
     ORDER BY scheduled_at, id LIMIT {AT_ONCE}
       FOR NO KEY UPDATE SKIP LOCKED
), shown AS (
    UPDATE posts p
       SET status = 'published', published_at = p.scheduled_at, scheduled_at = NULL,
           updated_at = now(), version = p.version + 1
      FROM due
     WHERE p.id = due.id AND (SELECT acting($1))
), next AS (
    SELECT scheduled_at FROM posts
     WHERE status = 'scheduled' AND deleted_at IS NULL AND id NOT IN (SELECT id FROM due)
     ORDER BY scheduled_at, id LIMIT 1
)
SELECT extract(epoch FROM scheduled_at - clock_timestamp())::float FROM next
"""  # noqa: S608 - put together from constants


class PostgresSchedule:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._actor = Actor(via=Via.SCHEDULE).told()

    async def publish_due(self) -> float:
        """Give the seconds after which to ask again. Raise `Unavailable`."""
        next_in = await in_rounds(lambda: self._pool.fetchval(PUBLISH_DUE, self._actor))
        if next_in is None:
            return LONGEST_WAIT
        return float(min(max(next_in, SHORTEST_WAIT), LONGEST_WAIT))
