"""Many consumers of contract v1, each known by an id of its own, and who serves them."""

import asyncio

from tests.support.serving import RunningServer

CONSUMERS = [f"client-{number}" for number in range(10_000)]
AT_ONCE = 16


async def engines(server: RunningServer, consumers: list[str]) -> dict[str, str]:
    """Which engine serves each of them."""
    found: dict[str, str] = {}
    waiting = iter(consumers)

    async def ask() -> None:
        for consumer in waiting:
            answer = await http.get("/api/v1/info", headers={"X-Client-ID": consumer})
            assert answer.status_code == 200
            found[consumer] = answer.headers["serinus-engine"]

    async with server.client() as http:
        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return found


def on_v2(found: dict[str, str]) -> set[str]:
    return {consumer for consumer, engine in found.items() if engine == "v2"}
