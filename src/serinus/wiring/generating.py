"""Filling a database with made-up content."""

from collections.abc import Callable

from serinus.application.acting import Actor, Via, acting_as
from serinus.infrastructure.generated.population import Size
from serinus.infrastructure.postgres.generating import AT_ONCE, PostgresGeneration
from serinus.infrastructure.postgres.pool import open_pool
from serinus.presentation.cli.operations import Stopped, Wanted
from serinus.wiring.clock import now

HOLDS_CONTENT = (
    "this database holds content that was not made up: take an empty one, or add to it with"
    " --into-existing"
)


async def generate(url: str, wanted: Wanted, on_progress: Callable[[int], None]) -> None:
    """Raise `Stopped`."""
    size = Size(wanted.authors, wanted.tags, wanted.categories, wanted.comments)
    pool = await open_pool(url, size=AT_ONCE + 2)
    try:
        generation = PostgresGeneration(pool)
        if not wanted.into_existing and await generation.holds_content():
            raise Stopped(HOLDS_CONTENT)
        with acting_as(Actor(via=Via.GENERATE)):
            await generation.add(
                wanted.posts, size, seed=wanted.seed, at=now(), on_progress=on_progress
            )
    finally:
        await pool.close()
