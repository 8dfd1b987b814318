"""What publishes scheduled posts on time, in every worker."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

from serinus.infrastructure.background import again_and_again
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.schedule import LONGEST_WAIT, PostgresSchedule
from serinus.infrastructure.settings import Settings


@asynccontextmanager
async def publishing_on_time(settings: Settings) -> AsyncIterator[Awaitable[None]]:
    """Work without an end.

    It has a connection of its own: behind requests that wait for one, it would be late.
    """
    pool = await open_pool(str(settings.database_url), size=1)
    try:
        yield again_and_again(
            "publishing on time",
            PostgresSchedule(pool).publish_due,
            wait_if_away=LONGEST_WAIT,
        )
    finally:
        pool.terminate()  # at once: whatever it is doing, the database finishes or undoes
