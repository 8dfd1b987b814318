"""Nodes are replaced one after the other, under load, and no client notices."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg
import httpx

from tests.e2e.conftest import Starting
from tests.support.balancer import Balancer
from tests.support.embedded import free_port
from tests.support.serving import RunningServer
from tests.support.waiting import until

CLIENTS = 4
PAUSE = 0.03  # seconds, or the clients take the processors that the nodes need to start
EACH_MEANWHILE = 5  # requests of each client between two steps of a restart
#: Longer than the balancer needs to notice, on a busy machine, too.
DRAIN = "2"
ACCOUNT = {"username": "naoko", "email": "naoko@example.org", "password": "seven-red-hats"}


@dataclass
class Load:
    """Clients that go on and on, on connections that they keep. `answers`: by status."""

    http: httpx.AsyncClient
    answers: Counter[int] = field(default_factory=Counter)
    nodes_closed: int = 0
    written: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    rounds: list[int] = field(default_factory=lambda: [0] * CLIENTS)

    async def go_on(self, client: int) -> None:
        for number in count():
            await self._one(number, client)
            self.rounds[client] += 1
            await asyncio.sleep(PAUSE)

    async def _one(self, number: int, client: int) -> None:
        if number % 5 == 0:
            body = {"title": f"Song {client}", "content": "la", "status": "published"}
            answer = await self._send("POST", "/api/v2/posts", json=body)
            if answer is not None and answer.status_code == 201:
                self.written.add(answer.json()["id"])
        else:
            paths = ["/api/v1/posts", "/api/v2/posts", "/api/v1/auth/profile", "/api/v1/tags"]
            await self._send("GET", paths[number % len(paths)])

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response | None:
        try:
            answer = await self.http.request(method, path, **request)
        except httpx.TransportError as error:
            self.lost.append(f"{method} {path}: {error!r}")
            return None
        self.answers[answer.status_code] += 1
        self.nodes_closed += answer.headers.get("connection") == "close"
        return answer

    async def goes_on(self) -> None:
        """Every client has been answered several times more."""
        before = list(self.rounds)

        async def answered() -> bool:
            pairs = zip(self.rounds, before, strict=True)
            return all(now - then >= EACH_MEANWHILE for now, then in pairs)

        await until(answered)


@asynccontextmanager
async def under_load(address: str, pool: asyncpg.Pool) -> AsyncIterator[Load]:
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        signed_in = await http.post("/api/v2/auth/register", json=ACCOUNT)
        await pool.execute("UPDATE users SET role = 'author'")
        http.headers["authorization"] = f"Bearer {signed_in.json()['access_token']}"
        load = Load(http)
        clients = [asyncio.create_task(load.go_on(number)) for number in range(CLIENTS)]
        try:
            yield load
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)


async def test_no_request_is_lost_while_nodes_are_replaced_one_by_one(
    starting: Starting, pool: asyncpg.Pool
) -> None:
    settings = {
        "SERINUS_DRAIN_SECONDS": DRAIN,
        "API_V2_TRAFFIC_PERCENTAGE": "50",
    }
    ports = [free_port(), free_port()]
    with ExitStack() as running:

        async def start(port: int) -> RunningServer:
            node = starting(**settings, SERINUS_PORT=str(port))
            return await asyncio.to_thread(running.enter_context, node)

        servers = await asyncio.gather(*(start(port) for port in ports))
        async with Balancer.before(ports) as balancer:
            await until(all_ready(balancer))
            async with under_load(balancer.address, pool) as load:
                for number, server in enumerate(servers):
                    await load.goes_on()
                    assert await asyncio.to_thread(server.stop) == 0
                    await load.goes_on()
                    await start(ports[number])
                    await until(all_ready(balancer))
                await load.goes_on()

    assert load.lost == []
    assert set(load.answers) == {200, 201}, load.answers
    # They were told to leave; none was left on a connection that was going to be closed.
    assert load.nodes_closed >= CLIENTS
    kept = {str(row["id"]) for row in await pool.fetch("SELECT id FROM posts")}
    assert load.written <= kept


def all_ready(balancer: Balancer) -> Callable[[], Any]:
    async def ready() -> bool:
        return all(node.ready for node in balancer.nodes)

    return ready
