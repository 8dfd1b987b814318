"""A benchmark's own client: when an answer is whole, and what it does with a wrong one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import chain, repeat

import pytest

from benchmarks.side_by_side.clients import WrongAnswer, load, whole

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nServer: x\r\n\r\n{\r\n}"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_a_part_of_an_answer_is_not_all_of_it(length: int) -> None:
    assert not whole(ANSWER[:length])


def test_an_answer_is_whole_with_its_last_byte() -> None:
    assert whole(ANSWER)


def test_an_answer_that_does_not_say_its_length_is_refused() -> None:
    with pytest.raises(WrongAnswer, match="without its length"):
        whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[int]:
    """A server that gives each connection these, and then the last one again and again."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in chain(answers, repeat(answers[-1])):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(each)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with answering(ANSWER) as port:
        yield port


def asked() -> Iterator[bytes]:
    return repeat(b"GET / HTTP/1.1\r\n\r\n")


async def test_every_client_finishes_what_it_began(port: int) -> None:
    taken, refused = await load(port, asked(), 200, clients=3, seconds=0.0)

    assert (len(taken), refused) == (3, 0)
    assert min(taken) > 0


async def test_another_status_than_the_expected_one_ends_the_run(port: int) -> None:
    with pytest.raises(WrongAnswer, match="200 OK"):
        await load(port, asked(), 201, clients=1, seconds=0.0)


async def test_who_is_told_to_come_back_asks_again_and_is_counted() -> None:
    async with answering(BUSY, BUSY, ANSWER) as port:
        taken, refused = await load(port, asked(), 200, clients=2, seconds=0.0)

    assert (len(taken), refused) == (2, 4)


async def test_a_server_that_is_always_too_busy_ends_the_run() -> None:
    async with answering(BUSY) as port:
        with pytest.raises(WrongAnswer, match="503"):
            await load(port, asked(), 200, clients=1, seconds=0.0)
