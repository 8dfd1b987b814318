"""Engine v2 once more, for comparing: on connections that no client ever waits for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

from serinus.application.release.comparison_counters import ComparisonCounters
from serinus.infrastructure.postgres.comparison_flush import PostgresComparisonFlush
from serinus.infrastructure.postgres.read_only import read_only_pool, watched
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App
from serinus.presentation.http.lifespan import running
from serinus.presentation.http.shadow import CONCURRENCY, PATIENCE, Shadow
from serinus.wiring.engine_v1 import EngineV1
from serinus.wiring.engine_v2 import EngineV2, contract_v1
from serinus.wiring.evidence import AWAY, FAREWELL, Telling
from serinus.wiring.releasing import Part
from serinus.wiring.stores import Stores

EVERY = 1.0  # seconds between two flushes: nobody waits for them


@asynccontextmanager
async def comparing(
    settings: Settings,
    stores: Stores,
    part: Part,
    engines: tuple[EngineV1 | None, EngineV2],
    candidate_of: Callable[[App], App],
) -> AsyncIterator[Shadow | None]:
    """Compares what it is offered, while engine v1 is there. In the end what has been compared
    is told, if that takes no time.
    """
    v1, v2 = engines
    if v1 is None:
        yield None
        return
    counters = ComparisonCounters()
    flush = PostgresComparisonFlush(stores.pool, part.node.id)
    telling = Telling(counters, flush, lambda: part.node.workers, EVERY)
    async with AsyncExitStack() as stack:
        candidate = await _reading(settings, stores, v2, stack)
        shadow = Shadow(v1.app, candidate_of(candidate), counters, watched)
        tasks = [asyncio.create_task(work) for work in (shadow.go_on(), telling.go_on())]
        try:
            yield shadow
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(*AWAY):
                await telling.tell(FAREWELL)
                await telling.tell(FAREWELL)


async def _reading(
    settings: Settings, stores: Stores, v2: EngineV2, stack: AsyncExitStack
) -> App:
    """Contract v1 by engine v2, on connections that cannot write."""
    pool = read_only_pool(
        str(settings.database_url), size=CONCURRENCY, statement_timeout=PATIENCE
    )
    await pool
    stack.callback(pool.terminate)
    app = contract_v1(settings, replace(stores, pool=pool), v2.passwords)
    await stack.enter_async_context(running(app))
    return app
