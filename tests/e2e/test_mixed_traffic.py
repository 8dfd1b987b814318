"""Clients of contract v1 do not notice that two engines serve them."""

import asyncio
import os
import random
import time
from collections.abc import Callable
from itertools import cycle

import asyncpg
import pytest

from tests.e2e.conftest import Starting
from tests.e2e.traffic import Author, Seen, authors
from tests.support.measured import MEASURED
from tests.support.serving import RunningServer

CLIENTS, AUTHORS = 8, 24
# What engine v2 fails is to be seen, and not what engine v1 makes of it.
SETTINGS = {
    "API_V2_TRAFFIC_PERCENTAGE": "50",
    "SERINUS_ACCESS_LOG": "false",
    "SERINUS_RESCUE_MS": "0",
}
SECONDS = float(os.environ.get("SERINUS_TEST_SECONDS", "60"))


async def client(server: RunningServer, mine: list[Author], number: int, until: float) -> None:
    """Reads and writes for its authors in turn, one request after the other."""
    chance = random.Random(number)  # noqa: S311 - traffic, not secrets
    async with server.client() as http:
        for author in cycle(mine):
            if time.monotonic() > until:
                return
            await author.act(http, chance)


@pytest.mark.timeout(SECONDS + 180)
async def test_at_half_the_traffic_no_client_notices(
    starting: Starting, pool: asyncpg.Pool, record_property: Callable[[str, object], None]
) -> None:
    seen = Seen()
    with starting(**SETTINGS) as server:
        async with server.client() as http:
            everybody = await authors(http, pool, seen, AUTHORS)

        until = time.monotonic() + SECONDS
        parts = [everybody[number::CLIENTS] for number in range(CLIENTS)]
        await asyncio.gather(
            *(client(server, part, number, until) for number, part in enumerate(parts))
        )

    record_property(
        MEASURED,
        f"{seen.statuses.total():,} requests in {SECONDS:.0f} s: {dict(seen.statuses)}",
    )
    assert seen.wrong == []
    assert all(len(engines) == 1 for engines in seen.engines.values())
    assert {engine for engines in seen.engines.values() for engine in engines} == {"v1", "v2"}
    assert seen.statuses[200] > SECONDS * 10, "too little to say anything"
