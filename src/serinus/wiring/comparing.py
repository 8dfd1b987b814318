"""Engine v2 once more, for comparing: on connections that no client ever waits for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

from serinus.application.release.comparison_counters import ComparisonCounters
from serinus.application.release.doubt import Doubt
from serinus.infrastructure.postgres.comparison_flush import PostgresComparisonFlush
from serinus.infrastructure.postgres.read_only import read_only_pool, watched
from serinus.infrastructure.postgres.undone import PostgresTrials, TrialPool, trial_pool
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App, Receive, Scope, Send
from serinus.presentation.http.lifespan import running
from serinus.presentation.http.shadow import CONCURRENCY, PATIENCE, Shadow, Shadowed
from serinus.presentation.http.shadow_writes import ShadowWrites
from serinus.wiring.clock import new_id
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
    doubt: Doubt,
) -> AsyncIterator[App | None]:
    """Engine v1, whose answers are compared; None where it is not there. In the end what has
    been compared is told, if that takes no time.
    """
    v1, v2 = engines
    if v1 is None:
        yield None
        return
    counters = ComparisonCounters()
    flush = PostgresComparisonFlush(stores.pool, part.node.id)
    telling = Telling(counters, flush, lambda: part.node.workers, EVERY)
    async with AsyncExitStack() as stack:
        reading = await _reading(settings, stores, v2, stack)
        shadow = Shadow(v1.app, candidate_of(reading), counters, watched)
        writes = None
        if settings.serinus_shadow_writes:
            writing, trials = await _writing(settings, stores, v2, stack)
            candidate = candidate_of(writing)
            writes = ShadowWrites(candidate, counters, trials, new_id, PATIENCE)
        tasks = [asyncio.create_task(work) for work in (shadow.go_on(), telling.go_on())]
        try:
            yield Shadowed(v1.app, shadow, doubt, writes)
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
    return _WhenAsked(
        lambda: contract_v1(settings, replace(stores, pool=pool), v2.passwords), stack
    )


class _WhenAsked:
    """An application that is made for the first request: it takes a tenth of a worker's start,
    and most workers never compare anything.
    """

    def __init__(self, make: Callable[[], App], stack: AsyncExitStack) -> None:
        self._make, self._stack = make, stack
        self._app: App | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._made())(scope, receive, send)

    async def _made(self) -> App:
        async with self._making:
            if self._app is None:
                app = self._make()
                await self._stack.enter_async_context(running(app))
                self._app = app
            return self._app


async def _writing(
    settings: Settings, stores: Stores, v2: EngineV2, stack: AsyncExitStack
) -> tuple[App, PostgresTrials]:
    """Contract v1 by engine v2, of which nothing stays; and how to look at what would."""
    pool = trial_pool(
        str(settings.database_url), size=settings.serinus_pool_size, statement_timeout=PATIENCE
    )
    await pool
    stack.callback(pool.terminate)
    undone = replace(stores, pool=TrialPool().as_pool())
    app = contract_v1(settings, undone, v2.passwords)
    await stack.enter_async_context(running(app))
    return app, PostgresTrials(pool)
