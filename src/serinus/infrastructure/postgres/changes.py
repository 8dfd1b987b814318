"""What PostgreSQL tells of changes, on a connection of its own while the process lives.

The connection is asked again and again whether it still listens. With the answer comes all that
was told before the question reached the server: PostgreSQL tells a session what it has to tell
before it says that it is ready for the next question, and a writer is answered only after those
who listen were woken. A connection that is open on one end only shows by not answering.
"""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic

import asyncpg
import structlog

from serinus.application.answers import Follower
from serinus.infrastructure.postgres.connecting import connect
from serinus.infrastructure.postgres.failures import translate_errors

CHANNEL = "serinus_changed"
EVERYTHING = "*"
EVERY = 0.2  # seconds between two questions
PATIENCE = 2.0  # seconds for an answer; then it is tried anew
PAUSE = 0.25  # seconds before it is tried anew

# A pooler that lends connections by transaction would lose what is told, without a word.
STILL_LISTENING = "SELECT $1::text[] <@ array(SELECT pg_listening_channels())"

# Of a copy of the database it is another one.
IDENTITY = """
SELECT system_identifier::text || '-' || oid
  FROM pg_control_system(), pg_database WHERE datname = current_database()
"""

log = structlog.get_logger("serinus")


class NotListening(Exception):
    """Another session answers than the one that listened: a pooler stands in between."""


class Changes:
    """`follow` tells the follower, for ever. `heeding`: who is told what else, by channel."""

    def __init__(
        self,
        url: str,
        follower: Follower,
        *,
        clock: Callable[[], float] = monotonic,
        patience: float = PATIENCE,
        heeding: Mapping[str, Callable[[str], None]] | None = None,
    ) -> None:
        self._url = url
        self._follower = follower
        self._clock = clock
        self._patience = patience
        self._heeding = dict(heeding or {})
        self._channels = [CHANNEL, *self._heeding]
        self.following = False
        self._said: str | None = None  # why not

    async def follow(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known of changes any more
                self._lost(error)
            await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        """Raise what ends it."""
        connection = await connect(self._url, connect_timeout=self._patience)
        try:
            for channel in self._channels:
                await connection.add_listener(channel, self._told)
            await self._ask_for_ever(connection)
        finally:
            # Not a polite farewell: nobody may be there to hear it.
            connection.terminate()

    async def _ask_for_ever(self, connection: asyncpg.Connection) -> None:
        while True:
            asked = self._clock()
            listens = await connection.fetchval(
                STILL_LISTENING, self._channels, timeout=self._patience
            )
            if not listens:
                raise NotListening("changes are not told through this connection")
            if not self.following:
                self._began()
            self._follower.heard(asked)
            await asyncio.sleep(EVERY)

    def _told(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        text = str(payload)
        if channel in self._heeding:
            self._heeding[channel](text)
            return
        self._follower.changed(None if text == EVERYTHING else frozenset(text.split()))

    def _began(self) -> None:
        self.following, self._said = True, None
        self._follower.began()
        log.info("changes are followed: answers are kept")

    def _lost(self, error: Exception) -> None:
        self.following = False
        self._follower.lost()
        if self._said != (reason := type(error).__name__):
            self._said = reason
            log.warning("changes are not known: no answer is kept", reason=reason)


async def identity(pool: asyncpg.Pool) -> str:
    """Which database this is. Raise `Unavailable`."""
    with translate_errors():
        return str(await pool.fetchval(IDENTITY))
