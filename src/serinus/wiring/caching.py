"""What is kept of answers, and what tells when it is wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from serinus.infrastructure.memory.answers import MemoryAnswers
from serinus.infrastructure.postgres.changes import Changes
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App
from serinus.presentation.http.v2.kept_answers import KeptAnswers


@dataclass(frozen=True, slots=True)
class Caching:
    """`answers` is None where nothing shall be kept."""

    answers: MemoryAnswers | None

    def before(self, app: App) -> App:
        return KeptAnswers(app=app, answers=self.answers) if self.answers is not None else app


@asynccontextmanager
async def open_caching(settings: Settings) -> AsyncIterator[Caching]:
    if not settings.serinus_cache_bytes:
        yield Caching(None)
        return
    answers = MemoryAnswers(settings.serinus_cache_bytes)
    changes = Changes(str(settings.database_url), answers)
    following = asyncio.create_task(changes.follow(), name="changes")
    try:
        yield Caching(answers)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
