"""Clients that keep their connection and ask again as soon as they have been answered.

Bare sockets: what a comfortable client does to an answer takes longer than the fastest servers
here, and would be measured as theirs.
"""

import asyncio
from collections.abc import Iterator
from time import perf_counter

HOST = "127.0.0.1"
LONGEST = 300.0  # seconds for an answer
TOO_BUSY = b"HTTP/1.1 503 "
MOST_REFUSED = 20  # of one client, until that is the answer
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"


class WrongAnswer(Exception):
    """Not the status that was expected; the message holds the answer's beginning."""


class Client(asyncio.Protocol):
    """`taken`: seconds from each request to the last byte of its answer.

    Who is told that the server is too busy asks again, and the time goes on: else a server that
    turns away what it cannot do in time would look faster than one that does it.
    """

    def __init__(self, requests: Iterator[bytes], expected: int, until: float) -> None:
        self._requests, self._until = requests, until
        self._expected = b"HTTP/1.1 %d " % expected
        self._answer = bytearray()
        self._began = 0.0
        self.taken: list[float] = []
        self.refused = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or WrongAnswer("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not whole(self._answer):
            return
        if self._answer.startswith(TOO_BUSY) and self.refused < MOST_REFUSED:
            self.refused += 1
            self._send()
            return
        self.taken.append(perf_counter() - self._began)
        if not self._answer.startswith(self._expected):
            self._end(WrongAnswer(bytes(self._answer[:500]).decode(errors="replace")))
        elif perf_counter() < self._until:
            self._ask()
        else:
            self._end(None)

    def _ask(self) -> None:
        self._request = next(self._requests)
        self._began = perf_counter()
        self._send()

    def _send(self) -> None:
        self._answer.clear()
        self._transport.write(self._request)

    def _end(self, problem: Exception | None) -> None:
        if problem is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(problem)
        self._transport.close()


def whole(answer: bytes | bytearray) -> bool:
    """Whether an answer that says its length is there to the end."""
    end = answer.find(END_OF_HEAD)
    if end < 0:
        return False
    head = bytes(answer[: end + 2]).lower()
    start = head.find(LENGTH)
    if start < 0:
        raise WrongAnswer(f"an answer without its length: {head!r}")
    start += len(LENGTH)
    length = int(head[start : head.index(b"\r\n", start)])
    return len(answer) >= end + len(END_OF_HEAD) + length


async def load(
    port: int, requests: Iterator[bytes], expected: int, clients: int, seconds: float
) -> tuple[list[float], int]:
    """What each answer took, of all clients, and how often one was told to come back later.
    Every client finishes what it has begun.
    """
    loop = asyncio.get_running_loop()
    until = perf_counter() + seconds
    running = [
        (await loop.create_connection(lambda: Client(requests, expected, until), HOST, port))[1]
        for _ in range(clients)
    ]
    async with asyncio.timeout(seconds + LONGEST):
        await asyncio.gather(*(client.done for client in running))
    refused = sum(client.refused for client in running)
    return [each for client in running for each in client.taken], refused
