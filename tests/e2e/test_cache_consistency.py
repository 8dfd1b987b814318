"""What is read more than a second after a write was answered shows it, from every worker."""

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack

import asyncpg
import httpx
import pytest

from tests.e2e.conftest import Starting
from tests.e2e.histories import Verdict
from tests.e2e.publishing import busy, writers
from tests.support.engines import ENGINE_V1
from tests.support.measured import MEASURED
from tests.support.waiting import until

WRITES = int(os.environ.get("SERINUS_TEST_WRITES", "1500"))
SECONDS = 40.0 if "SERINUS_TEST_WRITES" not in os.environ else 3600.0
#: Contract v1 is served by engine v1, by engine v2, by either.
SHARES = ("0", "100", "50") if ENGINE_V1 else ("100", "100", "100")


@pytest.fixture
async def nodes(starting: Starting, redis_url: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Three processes on one database and one Redis."""
    with ExitStack() as servers:
        async with AsyncExitStack() as clients:
            given = {"REDIS_URL": redis_url, "SERINUS_ACCESS_LOG": "false"}
            yield [
                await clients.enter_async_context(server.client())
                for server in [
                    servers.enter_context(starting(API_V2_TRAFFIC_PERCENTAGE=share, **given))
                    for share in SHARES
                ]
            ]


@pytest.mark.timeout(SECONDS + 180)
async def test_no_worker_shows_what_was_overwritten_more_than_a_second_ago(
    nodes: list[httpx.AsyncClient],
    pool: asyncpg.Pool,
    record_property: Callable[[str, object], None],
) -> None:
    everybody, verdict = await writers(nodes, pool), Verdict()
    end = time.monotonic() + SECONDS

    async def enough() -> bool:
        return sum(each.written for each in everybody) >= WRITES or time.monotonic() > end

    async with busy(nodes, everybody, verdict):
        await until(enough, patience=SECONDS + 60)

    writes = sum(each.written for each in everybody)
    record_property(MEASURED, f"{writes:,} writes, {verdict.told}")
    assert verdict.wrong == []
    assert verdict.hits > verdict.reads / 50, "too little to say anything"
