"""What the commands of releases need done."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import asyncpg

from serinus.application.release.comparing import Comparing
from serinus.application.release.steering import Status
from serinus.domain.release.assignment import Arm, Routing, bucket
from serinus.presentation.cli.release_asking import Work
from serinus.presentation.cli.webhooks import Run
from serinus.wiring import webhooks
from serinus.wiring.drilling import drill
from serinus.wiring.ready import ready, settings_here, with_pool
from serinus.wiring.routing import boot, comparisons, effective, steering
from serinus.wiring.watching import watching

T = TypeVar("T")


class ReleaseOperations:
    drill = staticmethod(drill)

    def steer(self, work: Work[T]) -> T:
        # Without a limit of its own: what is in force stands apart from what it would be here.
        async def once(pool: asyncpg.Pool) -> T:
            return await work(steering(pool, ceiling=None))

        return with_pool(once)

    def compare(self, work: Callable[[Comparing], Coroutine[Any, Any, T]]) -> T:
        return with_pool(lambda pool: work(comparisons(pool)))

    def release_status(self) -> tuple[Status, Routing]:
        settings = settings_here()

        async def both(pool: asyncpg.Pool) -> tuple[Status, Routing]:
            return await steering(pool, ceiling=None).status(), await effective(settings, pool)

        return with_pool(both)

    def watch(self, show: Callable[[Status | None], None], every: float) -> None:
        settings = settings_here()
        with ready(settings) as (found, _):
            asyncio.run(watching(found.url, show, every))

    def bucket(self, key: str) -> tuple[int, Arm]:
        settings = settings_here()
        # Where there never was a server, none is started for that.
        known = settings.database_url is not None or settings.serinus_data_dir.exists()
        routing = with_pool(lambda pool: effective(settings, pool)) if known else boot(settings)
        return bucket(routing.salt, key), routing.arm(key)

    @property
    def on_webhooks(self) -> Run:
        return webhooks.running(lambda: ready(settings_here()))
