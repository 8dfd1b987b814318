"""From the environment to a database that can be used, for commands.

What is expected to fail ends in `Stopped`: one line for whoever typed the command.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import asyncpg

from serinus.application.acting import Actor, Via, acting_as
from serinus.infrastructure.logs import configure_logs
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError
from serinus.infrastructure.postgres.migrations.runner import migrate as apply_migrations
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.settings import Settings, SettingsError
from serinus.presentation.cli.operations import Stopped
from serinus.wiring import database

T = TypeVar("T")


def settings_here() -> Settings:
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        raise Stopped(str(error), code=2) from error
    configure_logs(settings.serinus_log_level, settings.serinus_log_format)
    return settings


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[database.Database, Settings]]:
    try:
        with database.opened(settings) as pair:
            yield pair
    except EmbeddedServerError as error:
        raise Stopped(str(error)) from error


@contextmanager
def ready(settings: Settings) -> Iterator[tuple[database.Database, Settings]]:
    """The database, its schema up to date."""
    with opened(settings) as (found, completed):
        migrated(completed)
        yield found, completed


def migrated(settings: Settings) -> list[str]:
    return apply_migrations(
        str(settings.database_url), legacy_enabled=settings.use_legacy_api_v1
    )


def with_pool(work: Callable[[asyncpg.Pool], Coroutine[Any, Any, T]]) -> T:
    async def run(url: str) -> T:
        pool = await open_pool(url, size=2)
        try:
            with acting_as(Actor(via=Via.CLI)):
                return await work(pool)
        finally:
            await pool.close()

    with ready(settings_here()) as (found, _):
        return asyncio.run(run(found.url))
