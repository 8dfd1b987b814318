"""Looking at a release again and again, whatever happens to the database meanwhile."""

import asyncio
from collections.abc import Callable

import asyncpg

from serinus.application.release.steering import Status
from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.connecting import DatabaseUnreachable
from serinus.infrastructure.postgres.pool import open_pool
from serinus.wiring.routing import steering

AWAY = (Unavailable, DatabaseUnreachable, TimeoutError, OSError, asyncpg.PostgresError)
PATIENCE = 3.0  # seconds for an answer


async def watching(url: str, show: Callable[[Status | None], None], every: float) -> None:
    """Until it is cancelled; `show` is told None while the database does not answer."""
    while not _is_cancelled():
        try:
            await _while_it_answers(url, show, every)
        except AWAY:
            show(None)
        await asyncio.sleep(every)


async def _while_it_answers(
    url: str, show: Callable[[Status | None], None], every: float
) -> None:
    pool = await open_pool(url, size=1)
    try:
        while not _is_cancelled():
            async with asyncio.timeout(PATIENCE):
                found = await steering(pool, ceiling=None).status()
            show(found)
            await asyncio.sleep(every)
    finally:
        pool.terminate()


def _is_cancelled() -> bool:
    """Before Python 3.12 a wait that ends in the moment of it can swallow that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
