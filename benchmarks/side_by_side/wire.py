"""What an engine says to PostgreSQL, counted on the wire between them.

A proxy that understands the frontend's side of the protocol (PostgreSQL manual, 55.7), so that
neither engine has to be trusted, or changed, to know what it sends.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

#: Asked before a connection begins: whether it may be encrypted. Eight bytes each.
TLS, GSS = 80877103, 80877104
EXECUTE, QUERY, SYNC = b"E", b"Q", b"S"


@dataclass(slots=True)
class Counts:
    """`trips`: how often somebody waited for the database."""

    statements: int = 0
    trips: int = 0

    def copy(self) -> "Counts":
        return Counts(self.statements, self.trips)


@dataclass(slots=True)
class Frontend:
    """One connection's messages, in whatever pieces they come."""

    counts: Counts
    _rest: bytearray = field(default_factory=bytearray)
    _begun: bool = False

    def feed(self, data: bytes) -> None:
        self._rest += data
        while self._take():
            pass

    def _take(self) -> bool:
        kind = bytes(self._rest[:1]) if self._begun else b""
        head = len(kind) + 4
        if len(self._rest) < max(head, 8 - 3 * self._begun):
            return False
        length = len(kind) + int.from_bytes(self._rest[len(kind) : head])
        if len(self._rest) < length:
            return False
        if self._begun:
            self.counts.statements += kind in {EXECUTE, QUERY}
            self.counts.trips += kind in {SYNC, QUERY}
        else:
            self._begun = int.from_bytes(self._rest[4:8]) not in {TLS, GSS}
        del self._rest[:length]
        return True


class Counter:
    """Passes on what both sides say, on a loop and a port of its own."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._ready = threading.Event()
        self.counts = Counts()
        self.port = 0

    @contextmanager
    def running(self) -> Iterator[str]:
        """The URL that leads to the same database, past this."""
        thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)
        thread.start()
        self._ready.wait()
        account = self._url.netloc.rpartition("@")[0]
        try:
            yield urlunsplit(self._url._replace(netloc=f"{account}@127.0.0.1:{self.port}"))
        finally:
            self._loop.call_soon_threadsafe(self._ended.set)
            thread.join()

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._url.hostname, self._url.port or 5432
        far_reader, far_writer = await asyncio.open_connection(host, port)
        try:
            await asyncio.gather(
                _copy(reader, far_writer, Frontend(self.counts)),
                _copy(far_reader, writer, None),
            )
        finally:
            far_writer.close()
            writer.close()


@contextmanager
def counted(url: str) -> Iterator[tuple[str, Counts]]:
    """A URL that leads to the same database, and what is said on the way there."""
    counter = Counter(url)
    with counter.running() as past:
        yield past, counter.counts


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frontend: Frontend | None
) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            if frontend is not None:
                frontend.feed(data)
            writer.write(data)
            await writer.drain()
    writer.close()
