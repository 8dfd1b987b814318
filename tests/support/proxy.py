"""A server that can be cut off and come back, as its clients see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

MOST_SAID = 65536  # bytes of a connection's beginning


@dataclass(eq=False)
class Link:
    """A connection through the proxy, and what the client said on it at first."""

    said: bytearray = field(default_factory=bytearray)
    swallowed: bool = False


class Proxy:
    """Forwards TCP connections on a port of its own, until told otherwise."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._silent = False
        self._links: list[Link] = []
        self.port = 0
        self.connections = 0  # accepted so far
        self.received = 0  # pieces of data that clients sent so far

    @classmethod
    @asynccontextmanager
    async def to(cls, host: str, port: int) -> AsyncIterator[Self]:
        proxy = cls(host, port)
        await proxy.come_back()
        try:
            yield proxy
        finally:
            await proxy.go_away()

    async def go_away(self) -> None:
        """Break every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def fall_silent(self) -> None:
        """Break every connection; accept new ones, and say nothing."""
        await self.go_away()
        self._silent = True
        await self._listen()

    def lead_to(self, host: str, port: int) -> None:
        """From the next connection on."""
        self._target = (host, port)

    def swallow(self, said: bytes = b"") -> None:
        """Keep open, and pass nothing on, the connections on which a client has said that."""
        for link in self._links:
            link.swallowed |= said in link.said

    async def come_back(self) -> None:
        await self.go_away()
        self._silent = False
        await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self._silent:
                await asyncio.Event().wait()
            await self._forward(reader, writer)
        except asyncio.CancelledError:
            pass  # cut off on purpose; the streams would report it as an error of ours
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            return
        link = Link()
        self._links.append(link)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._copy(reader, far_writer, link, from_client=True))
                both.create_task(self._copy(far_reader, writer, link, from_client=False))
        finally:
            self._links.remove(link)
            far_writer.close()

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        link: Link,
        *,
        from_client: bool,
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if from_client:
                    self.received += 1
                    link.said += data[: MOST_SAID - len(link.said)]
                if not link.swallowed:
                    writer.write(data)
                    await writer.drain()
        writer.close()
