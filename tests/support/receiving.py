"""Somebody who is told by webhooks: a real HTTP server, which does as a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

ENDLESS = b"x" * 65_536


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def kind(self) -> str:
        return str(self.json["type"]).removeprefix("release.")


Answer = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def answering(status: int, **headers: str) -> Answer:
    async def answer(_: Received, writer: asyncio.StreamWriter) -> None:
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        head = f"HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n{''.join(lines)}\r\n"
        writer.write(head.encode())

    return answer


async def silent(_: Received, _writer: asyncio.StreamWriter) -> None:
    """For ever; the connection stays open."""
    await asyncio.Event().wait()


async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
    """An answer whose body never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(ENDLESS)
        await writer.drain()


async def nonsense(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\x01 this is no HTTP\r\n\r\n")


@dataclass
class Receiver:
    """`answer`: may be replaced at any time; `open`: requests whose answer is not there yet."""

    port: int = 0
    scheme: str = "http"
    answer: Answer = field(default_factory=lambda: answering(204))
    received: list[Received] = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def kinds(self) -> list[str]:
        return [each.kind for each in self.received]

    async def has(self, number: int) -> bool:
        return len(self.received) >= number

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            self.received.append(request)
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            try:
                await self.answer(request, writer)
            finally:
                self.open -= 1
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the sender has left, or the test has ended
        finally:
            writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver, tasks = Receiver(scheme="https" if tls else "http"), set[asyncio.Task[None]]()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receiver.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    method, path, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)
