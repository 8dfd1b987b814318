"""Hashing has threads of its own: behind everybody else, and with an end to their queue."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from serinus.domain.errors import Unavailable
from serinus.infrastructure.credentials.hashing_threads import NICENESS, HashingThreads


@contextmanager
def threads(
    *, waiting: int = 10, waited: Callable[[float], None] | None = None
) -> Iterator[HashingThreads]:
    """One thread."""
    hashing = HashingThreads(1, waiting=waiting, waited=waited)
    yield hashing
    hashing.close()


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
async def test_hashing_stands_behind_what_answers_requests() -> None:
    before = priority()
    with threads() as hashing:
        done = await hashing.run(priority)

    assert done.result == min(19, before + NICENESS)
    assert priority() == before


async def test_who_comes_to_a_full_queue_is_turned_away_and_the_others_are_served() -> None:
    go = threading.Event()
    with threads(waiting=2) as hashing:
        admitted = [asyncio.create_task(hashing.run(go.wait)) for _ in range(3)]
        await asyncio.sleep(0)  # so that they are in the queue

        assert hashing.waiting == 2
        with pytest.raises(Unavailable):
            await hashing.run(go.wait)

        go.set()
        assert [done.result for done in await asyncio.gather(*admitted)] == [True] * 3
        assert hashing.waiting == 0
        assert (await hashing.run(lambda: 42)).result == 42


async def test_who_gives_up_leaves_the_queue() -> None:
    go = threading.Event()
    with threads(waiting=1) as hashing:
        first = asyncio.create_task(hashing.run(go.wait))
        gone = asyncio.create_task(hashing.run(go.wait))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone

        assert hashing.waiting == 0
        go.set()
        await first


async def test_who_waits_too_long_is_told_to_come_back() -> None:
    go = threading.Event()
    hashing = HashingThreads(1, waiting=10, patience=0.02)
    first = asyncio.create_task(hashing.run(go.wait))
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await hashing.run(lambda: None)

    go.set()
    assert (await first).result is True  # patience is for the queue alone
    assert (await hashing.run(lambda: 42)).result == 42
    hashing.close()


async def test_waiting_is_told_apart_from_working() -> None:
    waits: list[float] = []
    go = threading.Event()
    with threads(waited=waits.append) as hashing:
        first = asyncio.create_task(hashing.run(go.wait))
        second = asyncio.create_task(hashing.run(lambda: None))
        asyncio.get_running_loop().call_later(0.05, go.set)
        one, other = await first, await second

    assert waits[0] < waits[1]
    assert waits[1] >= 0.04
    assert one.seconds >= 0.04 > one.busy
    assert other.seconds < waits[1]
