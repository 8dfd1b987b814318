"""What the cache leans on goes away and comes back, under load: nothing is stale or broken."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import redis

from serinus.infrastructure.postgres.embedded.server import open_embedded
from serinus.infrastructure.postgres.migrations.runner import migrate
from serinus.infrastructure.postgres.pool import open_pool
from tests.e2e.conftest import Starting
from tests.e2e.histories import Verdict
from tests.e2e.publishing import Writer, busy, writers
from tests.support.embedded import OPTIONS, start_valkey
from tests.support.measured import MEASURED
from tests.support.proxy import Proxy
from tests.support.waiting import until

LISTENERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND query LIKE '%pg_listening_channels%'
   AND pid <> pg_backend_pid()
"""
Record = Callable[[str, object], None]


@asynccontextmanager
async def nodes(
    starting: Starting, count: int, **settings: str
) -> AsyncIterator[list[httpx.AsyncClient]]:
    with ExitStack() as servers:
        async with AsyncExitStack() as clients:
            yield [
                await clients.enter_async_context(server.client())
                for server in [
                    await asyncio.to_thread(
                        servers.enter_context, starting(SERINUS_ACCESS_LOG="false", **settings)
                    )
                    for _ in range(count)
                ]
            ]


async def more_of(verdict: Verdict, reads: int = 150) -> None:
    enough = verdict.reads + reads

    async def read() -> bool:
        return verdict.reads >= enough

    await until(read, patience=60)


async def more_writes(everybody: list[Writer], writes: int = 10) -> None:
    enough = sum(each.written for each in everybody) + writes

    async def written() -> bool:
        return sum(each.written for each in everybody) >= enough

    await until(written, patience=60)


async def test_redis_may_stop_and_go_and_nobody_notices(
    starting: Starting, pool: asyncpg.Pool, record_property: Record
) -> None:
    verdict = Verdict()
    running = start_valkey()
    port = urlsplit(running.url).port
    with redis.Redis.from_url(running.url) as client:
        process = int(client.info("server")["process_id"])
    async with nodes(starting, 2, REDIS_URL=running.url) as asked:
        everybody = await writers(asked, pool)
        async with busy(asked, everybody, verdict):
            await more_of(verdict)
            os.kill(process, signal.SIGSTOP)
            await more_of(verdict)
            os.kill(process, signal.SIGCONT)
            await more_of(verdict)
            os.kill(process, signal.SIGKILL)
            await more_of(verdict)
            running.stop()
            running = await asyncio.to_thread(start_valkey, port)
            shared = verdict.shared

            async def shared_again() -> bool:
                return verdict.shared > shared

            await until(shared_again)
    running.stop()

    record_property(MEASURED, verdict.told)
    assert (verdict.wrong, verdict.away) == ([], 0)
    assert shared > 0


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(database_url)
    assert parts.hostname
    async with Proxy.to(parts.hostname, parts.port or 5432) as proxy:
        yield proxy


def through(proxy: Proxy, url: str) -> str:
    parts = urlsplit(url)
    credentials = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{proxy.port}"))


async def test_who_hears_no_more_shows_nothing_old_and_listens_again(
    starting: Starting,
    pool: asyncpg.Pool,
    proxy: Proxy,
    database_url: str,
    record_property: Record,
) -> None:
    verdict = Verdict()
    async with nodes(starting, 1, DATABASE_URL=through(proxy, database_url)) as asked:
        everybody = await writers(asked, pool)
        async with busy(asked, everybody, verdict):
            for _ in range(3):
                await more_of(verdict)
                await until(lambda: pool.fetchval(LISTENERS))
            await more_writes(everybody)
            for _ in range(2):
                proxy.swallow(b"LISTEN")
                await more_of(verdict)
            await more_writes(everybody)
        await until(lambda: _hits(asked[0]))

    record_property(MEASURED, verdict.told)
    assert (verdict.wrong, verdict.away) == ([], 0)


async def _hits(http: httpx.AsyncClient) -> bool:
    return "; hit" in (await http.get("/api/v2/tags")).headers["cache-status"]


async def test_while_postgresql_restarts_it_is_said_to_be_away(
    starting: Starting, data: Path, record_property: Record
) -> None:
    verdict = Verdict()
    server = await asyncio.to_thread(open_embedded, data, options=OPTIONS)
    async with Proxy.to("127.0.0.1", urlsplit(server.dsn).port or 0) as proxy:
        await asyncio.to_thread(migrate, server.dsn)
        async with nodes(starting, 1, DATABASE_URL=through(proxy, server.dsn)) as asked:
            pool = await open_pool(server.dsn, size=1)
            everybody = await writers(asked, pool)
            await pool.close()
            for writer in everybody:
                writer.careful = True
            async with busy(asked, everybody, verdict):
                await more_of(verdict)
                await asyncio.to_thread(server.close)
                for _ in range(20):
                    assert await _away(asked[0])
                server = await asyncio.to_thread(open_embedded, data, options=OPTIONS)
                proxy.lead_to("127.0.0.1", urlsplit(server.dsn).port or 0)
                await until(lambda: _is_back(asked[0]))
                await more_of(verdict, 30)  # who asked before may still be told
                told_away = verdict.away
                await more_of(verdict)
                await more_writes(everybody)
    server.close()

    record_property(MEASURED, f"{verdict.told}; {told_away} were told to come again")
    assert verdict.wrong == []
    assert 0 < told_away == verdict.away


async def _away(http: httpx.AsyncClient) -> bool:
    answer = await http.get("/api/v2/posts")
    assert answer.headers["retry-after"].isdigit()
    return answer.status_code == 503


async def _is_back(http: httpx.AsyncClient) -> bool:
    return (await http.get("/readyz")).status_code == 200
