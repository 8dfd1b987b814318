"""Which worker judges: whose session holds an advisory lock.

The lock ends with the session, so with the process; a session whose process has stopped without
ending it is ended by those who wait for the lock. In the middle of a look, whose evidence may
take its time, the server does that, and later.
"""

import asyncpg

from serinus.infrastructure.postgres.failures import translate_errors

#: Two numbers make keys that no single one is taken for.
KEYS = (7301, 5)
STUCK = 2.0  # seconds: who holds the lock asks the server twice a second

TRY = f"SELECT pg_try_advisory_lock({KEYS[0]}, {KEYS[1]})"

END_STUCK = f"""
SELECT pg_terminate_backend(l.pid)
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (l.classid, l.objid) = ({KEYS[0]}, {KEYS[1]})
   AND a.state = 'idle'
   AND a.state_change < clock_timestamp() - make_interval(secs => {STUCK})
"""  # noqa: S608 - put together from constants


#: So that who looks at the sessions sees which process judges.
NAMED = "SELECT set_config('application_name', 'serinus: judges in process ' || $1, false)"


class PostgresElection:
    """On a session of one's own. `pid`: of this process."""

    def __init__(self, connection: asyncpg.Connection, pid: int) -> None:
        self._connection = connection
        self._pid = pid
        self._won = False

    async def won(self) -> bool:
        """Whether this worker judges, for as long as its session lives. Raise `Unavailable`."""
        if self._won:
            return True
        with translate_errors():
            self._won = bool(await self._connection.fetchval(TRY))
            if self._won:
                await self._connection.execute(NAMED, str(self._pid))
            else:
                await self._connection.execute(END_STUCK)
        return self._won
