"""What is kept of answers, and what tells when it is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from redis.asyncio import Redis

import serinus
from serinus.application.answers import Follower, Tags
from serinus.infrastructure.cache_metrics import CacheMetrics
from serinus.infrastructure.memory.answers import MemoryAnswers
from serinus.infrastructure.metrics import Metrics
from serinus.infrastructure.postgres.changes import Changes, identity
from serinus.infrastructure.postgres.migrations.revisions import head
from serinus.infrastructure.redis.answers import TIMEOUT, RedisAnswers
from serinus.infrastructure.redis.connection import connect
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App
from serinus.presentation.http.v2.kept_answers import KeptAnswers


@dataclass(frozen=True, slots=True)
class Caching:
    """`answers` is None where nothing shall be kept, `shared` where there is no Redis."""

    answers: MemoryAnswers | None
    shared: RedisAnswers | None
    changes: Changes | None

    def before(self, app: App) -> App:
        if self.answers is None:
            return app
        return KeptAnswers(app=app, answers=self.answers, shared=self.shared)

    def counted(self, metrics: Metrics) -> None:
        answers, shared, changes = self.answers, self.shared, self.changes
        if answers is None or changes is None:
            return
        metrics.also(
            lambda registry: (
                CacheMetrics(
                    registry,
                    answers.counts,
                    shared.counts if shared else None,
                    lambda: changes.following,
                ).refresh
            )
        )


@asynccontextmanager
async def open_caching(
    settings: Settings, pool: asyncpg.Pool, heeding: Mapping[str, Callable[[str], None]]
) -> AsyncIterator[Caching]:
    """`heeding`: who else is told what the database tells, by channel."""
    if not settings.serinus_cache_bytes:
        nobody = Changes(str(settings.database_url), _All(()), heeding=heeding)
        async with _working(nobody.follow()):
            yield Caching(None, None, None)
        return
    answers = MemoryAnswers(settings.serinus_cache_bytes)
    client = connect(settings.redis_url, timeout=TIMEOUT) if settings.redis_url else None
    shared = None if client is None else await _shared(client, pool)
    # This process last: who finds nothing there any more looks at what is shared.
    following: Sequence[Follower] = [shared, answers] if shared else [answers]
    changes = Changes(str(settings.database_url), _All(following), heeding=heeding)
    try:
        async with _working(changes.follow(), *([shared.confirm()] if shared else [])):
            yield Caching(answers, shared, changes)
    finally:
        if client is not None:
            await client.aclose()


@asynccontextmanager
async def _working(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _shared(client: Redis, pool: asyncpg.Pool) -> RedisAnswers:
    # Another version may show the same differently.
    name = f"{await identity(pool)}:{serinus.__version__}-{head()}"
    return RedisAnswers(client, name)


@dataclass(frozen=True, slots=True)
class _All:
    """Tells several what one is told."""

    followers: Sequence[Follower]

    def began(self) -> None:
        for each in self.followers:
            each.began()

    def changed(self, tags: Tags | None) -> None:
        for each in self.followers:
            each.changed(tags)

    def heard(self, at: float) -> None:
        for each in self.followers:
            each.heard(at)

    def lost(self) -> None:
        for each in self.followers:
            each.lost()
