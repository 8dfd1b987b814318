"""A load balancer: one address for several nodes, of which those get traffic that are ready."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Self

import httpx

LOOKS_EVERY = 0.2  # seconds
LOOK_ENDS = 5.0  # seconds, on a busy machine
MOST = 65536  # bytes of one read


@dataclass(eq=False)
class Node:
    port: int
    ready: bool = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Balancer:
    """Sends each new connection to the next node that was ready at the last look.

    It repeats nothing and hides nothing: what a node drops, a client loses.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.address = ""
        self._turn = cycle(nodes)
        self._links: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def before(cls, ports: Sequence[int]) -> AsyncIterator[Self]:
        balancer = cls([Node(port) for port in ports])
        looks = [asyncio.create_task(balancer._look(node)) for node in balancer.nodes]
        server = await asyncio.start_server(balancer._accept, "127.0.0.1", 0)
        balancer.address = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        try:
            yield balancer
        finally:
            server.close()
            tasks = [*looks, *balancer._links]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, node: Node) -> None:
        async with httpx.AsyncClient(base_url=node.address, timeout=LOOK_ENDS) as http:
            while True:
                try:
                    node.ready = (await http.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    node.ready = False
                await asyncio.sleep(LOOKS_EVERY)

    def _next(self) -> Node:
        for node, _ in zip(self._turn, self.nodes, strict=False):
            if node.ready:
                return node
        raise ConnectionRefusedError("no node is ready")

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            far = await asyncio.open_connection("127.0.0.1", self._next().port)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_copy(reader, far[1]))
                    both.create_task(_copy(far[0], writer))
            finally:
                far[1].close()
        except (OSError, asyncio.CancelledError):
            pass  # the client learns of it: its connection is closed
        finally:
            self._links.discard(task)
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(MOST):
            writer.write(data)
            await writer.drain()
    writer.close()
