"""Both engines give back what they take, also when clients go away in the middle."""

import asyncio
import random
import time
from collections.abc import Callable

import asyncpg
import httpx
import psutil
import pytest

from tests.e2e.conftest import Starting
from tests.e2e.traffic import Author, Seen, authors
from tests.support.measured import MEASURED
from tests.support.serving import RunningServer

REQUESTS, CLIENTS, AUTHORS = 10_000, 16, 16
POOL = 5  # connections of each engine
CANCELLED = 0.15  # of all requests
GROWTH = 16 * 2**20  # bytes, from one half of the requests to the other

#: Connections that our server has open, and those of them that are in a transaction.
CONNECTIONS = """
    SELECT count(*) AS open, count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS stuck
      FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND backend_type = 'client backend'
"""


class Customers:
    """Send requests of all kinds; some of them leave before they are answered."""

    def __init__(self, server: RunningServer, everybody: list[Author]) -> None:
        self.left = self.whole = self.halves = 0
        self._server = server
        self._authors = everybody
        self._remaining = 0

    async def send(self, requests: int) -> None:
        self._remaining = requests
        async with asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                clients.create_task(self._client(self._authors[number::CLIENTS], number))

    async def _client(self, mine: list[Author], number: int) -> None:
        chance = random.Random(f"{number} {self._remaining}")  # noqa: S311 - traffic
        async with self._server.client() as http:
            while self._remaining > 0:
                self._remaining -= 1
                author = chance.choice(mine)
                kind = chance.random()
                if kind > CANCELLED:
                    await author.act(http, chance)
                    self.whole += 1
                elif kind > CANCELLED / 5:
                    await self._leave(http, author, chance)
                else:
                    await self._leave_in_the_middle_of_the_body(author)

    async def _leave(
        self, http: httpx.AsyncClient, author: Author, chance: random.Random
    ) -> None:
        posts = list(author.posts)
        try:
            async with asyncio.timeout(chance.uniform(0.0005, 0.02)):
                await author.act(http, chance)
            self.whole += 1
        except TimeoutError:
            self.left += 1
            author.posts = [each for each in posts if each in author.posts]

    async def _leave_in_the_middle_of_the_body(self, author: Author) -> None:
        url = httpx.URL(self._server.address)
        _, writer = await asyncio.open_connection(url.host, url.port)
        lines = (
            "POST /api/v1/posts HTTP/1.1",
            "Host: cms.test",
            "Content-Type: application/json",
            f"Authorization: Bearer {author.token}",
            "Content-Length: 5000",
            "",
            '{"title": "Half a post", "content": "',
        )
        writer.write("\r\n".join(lines).encode())
        await writer.drain()
        writer.close()
        self.halves += 1


def memory(server: RunningServer) -> int:
    """Resident, of all processes of the server, in bytes."""
    parent = psutil.Process(server.process.pid)
    return sum(each.memory_info().rss for each in [parent, *parent.children(recursive=True)])


async def connections(pool: asyncpg.Pool) -> asyncpg.Record:
    (found,) = await pool.fetch(CONNECTIONS)
    return found


async def at_rest(pool: asyncpg.Pool) -> asyncpg.Record:
    """Connections of the server when nothing is being served any more."""
    deadline = time.monotonic() + 10
    while True:
        found = await connections(pool)
        if found["stuck"] == 0 or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.05)


@pytest.mark.timeout(400)
async def test_what_requests_take_they_give_back_however_they_end(
    starting: Starting, pool: asyncpg.Pool, record_property: Callable[[str, object], None]
) -> None:
    seen = Seen()
    settings = {"API_V2_TRAFFIC_PERCENTAGE": "50", "SERINUS_POOL_SIZE": str(POOL)}
    settings |= {"SERINUS_RESCUE_MS": "0"}  # what engine v2 fails is to be seen
    ours = (await connections(pool))["open"]
    with starting(**settings, SERINUS_ACCESS_LOG="false") as server:
        async with server.client() as http:
            everybody = await authors(http, pool, seen, AUTHORS)
        customers = Customers(server, everybody)
        await customers.send(REQUESTS // 2)
        half = memory(server)
        await customers.send(REQUESTS // 2)
        whole = memory(server)

        rest = await at_rest(pool)
        # As wide as both pools, and once more: a connection that was lost would show.
        async with server.client(limits=httpx.Limits(max_connections=4 * POOL)) as http:
            async with asyncio.timeout(30):
                chance = random.Random(1)  # noqa: S311 - traffic
                await asyncio.gather(
                    *(author.act(http, chance) for _ in range(4) for author in everybody)
                )

    record_property(
        MEASURED,
        f"{customers.whole:,} requests answered, {customers.left:,} left before the answer, "
        f"{customers.halves:,} in the middle of the body; {rest['open'] - ours} connections; "
        f"{half / 2**20:.0f} MiB after one half, {whole / 2**20:.0f} MiB after both",
    )
    assert seen.wrong == []
    assert customers.left > REQUESTS * CANCELLED / 4
    assert rest["stuck"] == 0
    # Beside the pools, one listens for changes, one publishes at set times, one takes part in
    # releases, and two are for whoever takes a release back.
    assert rest["open"] - ours <= 2 * POOL + 5
    assert whole - half < GROWTH
