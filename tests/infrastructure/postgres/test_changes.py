"""Following what PostgreSQL tells, and knowing when it cannot be followed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from serinus.application.answers import Tags
from serinus.infrastructure.postgres.changes import CHANNEL, Changes, identity
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.databases import on_database
from tests.support.proxy import Proxy
from tests.support.waiting import until

LISTENERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND query LIKE '%pg_listening_channels%'
   AND pid <> pg_backend_pid()
"""


@dataclass
class Notes:
    """Writes down what it is told."""

    told: list[object] = field(default_factory=list)
    heard_at: float = float("-inf")

    def began(self) -> None:
        self.told.append("began")

    def changed(self, tags: Tags | None) -> None:
        self.told.append(tags)

    def heard(self, at: float) -> None:
        self.heard_at = at

    def lost(self) -> None:
        self.told.append("lost")

    async def have(self, *told: object) -> None:
        async def have() -> bool:
            return self.told == list(told)

        await until(have)

    async def hear_again(self) -> None:
        began = monotonic()

        async def heard() -> bool:
            return self.heard_at > began

        await until(heard)


@asynccontextmanager
async def following(url: str, patience: float = 10.0) -> AsyncIterator[Notes]:
    notes = Notes()
    task = asyncio.create_task(Changes(url, notes, patience=patience).follow())
    try:
        yield notes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_told_arrives(pool: asyncpg.Pool, database_url: str) -> None:
    async with following(database_url) as notes:
        await notes.have("began")
        await pool.execute("SELECT pg_notify($1, 'post:1 list:posts')", CHANNEL)
        await pool.execute("SELECT pg_notify($1, '*')", CHANNEL)

        await notes.have("began", frozenset({"post:1", "list:posts"}), None)


async def test_when_it_was_heard_all_before_has_been_told(
    pool: asyncpg.Pool, database_url: str
) -> None:
    async with following(database_url) as notes:
        await notes.have("began")
        for number in range(5):
            await pool.execute("SELECT pg_notify($1, $2)", CHANNEL, f"post:{number}")
            await notes.hear_again()

            assert notes.told[-1] == frozenset({f"post:{number}"})


async def test_a_connection_that_is_cut_is_made_again(
    pool: asyncpg.Pool, database_url: str
) -> None:
    async with following(database_url) as notes:
        await notes.have("began")

        assert await pool.fetchval(LISTENERS)

        await notes.have("began", "lost", "began")


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(database_url)
    assert parts.hostname
    async with Proxy.to(parts.hostname, parts.port or 5432) as proxy:
        yield proxy


async def test_a_connection_that_only_one_end_believes_in_is_noticed(
    proxy: Proxy, database_url: str
) -> None:
    parts = urlsplit(database_url)
    credentials = parts.netloc.rpartition("@")[0]
    through = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{proxy.port}"))
    async with following(through, patience=1.0) as notes:
        await notes.have("began")
        proxy.swallow()
        heard_last = notes.heard_at

        await until(lambda: _last(notes, "lost"))
        assert notes.heard_at - heard_last < 1.0, "nothing can have been heard since"

        await proxy.come_back()
        await until(lambda: _last(notes, "began"))


async def _last(notes: Notes, told: str) -> bool:
    return notes.told[-1] == told


async def test_another_database_is_another_one(pool: asyncpg.Pool, server_dsn: str) -> None:
    other = await open_pool(on_database(server_dsn, "postgres"), size=1)

    assert await identity(pool) == await identity(pool) != await identity(other)
    await other.close()
