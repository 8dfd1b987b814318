"""A worker's part in releases: it says what it serves, hears what it should, and may judge.

All of it goes through one connection that nothing else uses: behind requests that wait for one
it would be late. Who is elected holds a lock of that session, and judges by it, so that whoever
loses the connection has lost both.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

import asyncpg
import structlog

from serinus.application.release.node import Node
from serinus.application.release.ticking import Ticking
from serinus.domain.errors import Unavailable
from serinus.domain.release.announcement import Announcement
from serinus.domain.release.assignment import Routing
from serinus.domain.release.verdict import Verdict
from serinus.infrastructure.metrics import Metrics
from serinus.infrastructure.postgres.announcements import take_untold
from serinus.infrastructure.postgres.pool import open_session
from serinus.infrastructure.postgres.release_comparisons import PostgresComparisons
from serinus.infrastructure.postgres.release_election import PostgresElection
from serinus.infrastructure.postgres.release_evidence import compact
from serinus.infrastructure.postgres.release_nodes import PostgresNodes, forget
from serinus.infrastructure.postgres.releases import PostgresReleases
from serinus.infrastructure.release_metrics import ReleaseMetrics
from serinus.infrastructure.settings import Settings
from serinus.wiring.clock import new_id
from serinus.wiring.routing import limits

BEAT = 1.0  # seconds between two times that nothing was told of
TICK = 1.0  # seconds between two looks of the judge
ROUND = 0.5  # seconds between two attempts to be elected
TIDY = 300  # looks after which what is over is tidied up
PATIENCE = 3.0  # seconds for an answer
LONGEST_TICK = 6.0  # seconds, of a look at what has piled up while nobody judged
PAUSE = 0.25  # seconds before it is tried anew

log = structlog.get_logger("serinus.release")


@dataclass(slots=True)
class Part:
    """`node` is what the request path reads and tells."""

    node: Node
    url: str
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    said: str = ""
    troubled: bool = False
    verdict: Verdict | None = None  # the last one of this worker, while it judges

    def counted(self, metrics: Metrics) -> None:
        metrics.also(
            lambda registry: ReleaseMetrics(registry, self.node, lambda: self.verdict).refresh
        )

    def told(self, epoch: str) -> None:
        """By another worker, which epoch is in force."""
        if epoch != str(self.node.state().epoch):
            self.awake.set()

    async def take(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_time())
            tasks.create_task(self._stay_connected())

    async def _watch_time(self) -> None:
        """Whatever the connection waits for: that nothing is heard shows here."""
        while True:
            if self.node.look_up() or self.said != self.node.says:
                self.say()
            await asyncio.sleep(ROUND)

    def say(self) -> None:
        if self.said != (says := self.node.says):
            self.said = says
            if says:
                log.warning("stable only", reason=says)
            else:
                log.info("the share of the release is served again")

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - a lost connection has many faces
                self._trouble(error)
            await asyncio.sleep(PAUSE)

    def _trouble(self, error: Exception) -> None:
        """Told once, when it begins."""
        if self.troubled:
            return
        self.troubled = True
        if isinstance(error, Unavailable | OSError | asyncpg.PostgresError):
            log.warning("releases are out of reach", reason=type(error).__name__)
        else:
            log.error("taking part in releases failed", exc_info=error)

    async def _session(self) -> None:
        """Until it breaks."""
        async with asyncio.timeout(PATIENCE):
            connection = await open_session(self.url)
        try:
            await _Session(self, connection).go_on()
        finally:
            # Not a polite farewell: nobody may be there to hear it.
            self.verdict = None
            connection.terminate()

    async def leave(self) -> None:
        with suppress(Unavailable, OSError, asyncpg.PostgresError):
            connection = await open_session(self.url, connect_timeout=1.0)
            try:
                async with asyncio.timeout(1.0):
                    await PostgresNodes(connection).gone(self.node.id)
            finally:
                connection.terminate()


class _Session:
    def __init__(self, part: Part, connection: asyncpg.Connection) -> None:
        self._part, self._connection = part, connection
        self._nodes = PostgresNodes(connection)
        self._election = PostgresElection(connection, os.getpid())
        releases = PostgresReleases(connection)
        self._ticking = Ticking(releases, PostgresComparisons(connection))
        self._beat_at = self._tick_at = 0.0
        self._ticks = 0

    async def go_on(self) -> None:
        while True:
            if self._part.awake.is_set() or monotonic() >= self._beat_at:
                self._part.awake.clear()
                await self._beat()
            with self._within(PATIENCE):
                leads = await self._election.won()
            if leads and monotonic() >= self._tick_at:
                await self._tick()
            self._part.troubled = False
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND):
                    await self._part.awake.wait()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """End the connection after that. Giving up on a statement alone is no way out: the
        transaction around it would wait for an answer to its end.
        """
        ending = asyncio.get_running_loop().call_later(seconds, self._connection.terminate)
        try:
            yield
        finally:
            ending.cancel()

    async def _beat(self) -> None:
        """What has changed is said at once: somebody waits for it."""
        node = self._part.node
        changed = True
        while changed:
            with self._within(PATIENCE):
                changed = node.hears(await self._nodes.beat(node.state()))
        self._part.say()
        self._beat_at = monotonic() + BEAT

    async def _tick(self) -> None:
        self._tick_at = monotonic() + TICK
        self._ticks += 1
        with self._within(LONGEST_TICK):
            for each in await take_untold(self._connection):  # whether or not it can judge
                tell(each)
            self._part.verdict = await self._ticking.tick()
            if self._ticks % TIDY == 0:
                await forget(self._connection)
                await compact(self._connection)


def tell(event: Announcement) -> None:
    """In the log of the one who judges, whoever did it: each entry of the record once."""
    level = log.warning if event.retreats else log.info
    level("release event", **event.members())


@asynccontextmanager
async def joined(
    settings: Settings, pool: asyncpg.Pool, serve: Callable[[Routing], None]
) -> AsyncIterator[Part]:
    """Serves what is in force from the first request on."""
    awake = asyncio.Event()
    name = f"{socket.gethostname()}:{settings.serinus_port}"
    node = Node((new_id(), name, os.getpid()), limits(settings), serve, monotonic, awake.set)
    nodes = PostgresNodes(pool)
    if node.hears(await nodes.beat(node.state())):
        await nodes.beat(node.state())
    part = Part(node, str(settings.database_url), awake)
    try:
        yield part
    finally:
        await part.leave()
