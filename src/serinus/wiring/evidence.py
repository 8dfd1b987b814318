"""From what a worker counts to the sums of all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Generic, Protocol, TypeVar

import asyncpg
import structlog

from serinus.application.release.evidence_counters import Batch, EvidenceCounters
from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.release_flush import PostgresFlush
from serinus.wiring.releasing import Part

EVERY = 0.25  # seconds between two flushes of few workers
MOST = 200  # flushes a second, of all workers
PATIENCE = 3.0  # seconds for an answer
FAREWELL = 1.0  # seconds for the last one
AWAY = (Unavailable, TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger("serinus.release")


B = TypeVar("B")
B_co = TypeVar("B_co", covariant=True)
B_contra = TypeVar("B_contra", contravariant=True)


class Counters(Protocol[B_co]):
    def take(self) -> B_co:
        """What has been counted since it was taken last; false where nothing was."""
        ...


class Flush(Protocol[B_contra]):
    async def add(self, batch: B_contra, *, patience: float) -> None: ...


class Telling(Generic[B]):
    """Of each batch until it is known to be in the sums; nothing is lost or counted twice.
    `every`: seconds between two, at least.
    """

    def __init__(
        self,
        counters: Counters[B],
        flush: Flush[B],
        workers: Callable[[], int],
        every: float = EVERY,
    ) -> None:
        self._counters, self._flush, self._workers = counters, flush, workers
        self._every = every
        self._batch: B | None = None
        self._said = False

    async def go_on(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(max(self._every, self._workers() / MOST))
            await self.tell(PATIENCE)

    async def tell(self, patience: float) -> None:
        batch = self._batch or self._counters.take()
        if not batch:
            return
        self._batch = batch
        try:
            await self._flush.add(batch, patience=patience)
        except AWAY as error:
            if not self._said:
                log.warning("evidence waits for the database", reason=type(error).__name__)
            self._said = True
        else:
            self._batch, self._said = None, False


@asynccontextmanager
async def telling(
    counters: EvidenceCounters, pool: asyncpg.Pool, part: Part
) -> AsyncIterator[Telling[Batch]]:
    """In the end what is left is told, if that takes no time."""
    told = Telling(counters, PostgresFlush(pool, part.node.id), lambda: part.node.workers)
    try:
        yield told
    finally:
        with suppress(*AWAY):
            await told.tell(FAREWELL)
            await told.tell(FAREWELL)
