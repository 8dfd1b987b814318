"""Threads for what keeps a processor busy: few, behind everybody else, and with an end.

Hashing a password takes tens of milliseconds and megabytes, on purpose. Its threads yield to
those that answer requests, and a crowd that signs in is turned away rather than queued for
ever.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Generic, TypeVar

from serinus.domain.errors import Unavailable

T = TypeVar("T")

NICENESS = 5  # a third of the weight of others, where processors are scarce
PATIENCE = 5.0  # seconds in the queue


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """`seconds` it took once it was its turn, `busy` of them on a processor."""

    result: T
    seconds: float
    busy: float


class HashingThreads:
    """`waited` is told the seconds that each piece of work waited for its turn."""

    def __init__(
        self,
        threads: int,
        *,
        waiting: int,
        patience: float = PATIENCE,
        waited: Callable[[float], None] | None = None,
    ) -> None:
        """`waiting`: how many may wait, beside those that are being worked on; `patience`: for
        how many seconds.
        """
        self._patience = patience
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, "password", initializer=step_back)
        self._limit = threads + waiting
        self._admitted = 0
        self._waited = waited

    @property
    def waiting(self) -> int:
        return max(0, self._admitted - self._threads)

    async def run(self, work: Callable[[], T]) -> Done[T]:
        """Raise `Unavailable` when too many are waiting, or its turn does not come."""
        if self._admitted >= self._limit:
            raise Unavailable("too many passwords are waiting to be hashed")
        self._admitted += 1
        asked = perf_counter()
        try:
            done, began = await self._in_turn(work)
        finally:
            self._admitted -= 1
        if self._waited is not None:
            self._waited(began - asked)
        return done

    async def _in_turn(self, work: Callable[[], T]) -> tuple[Done[T], float]:
        queued = self._executor.submit(_timed, work)
        # Of no effect on what has begun. A queue that hardly moves must not hold people longer.
        giving_up = asyncio.get_running_loop().call_later(self._patience, queued.cancel)
        try:
            return await asyncio.wrap_future(queued)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Unavailable("the turn of a password did not come in time") from None
        finally:
            giving_up.cancel()

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


def step_back() -> None:
    """Give this thread less of the processors than others. On Linux a thread has a priority of
    its own; elsewhere it would be that of the whole process.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(PermissionError):  # a sandbox may forbid it: then all are equal
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, niceness)


def _timed(work: Callable[[], T]) -> tuple[Done[T], float]:
    began, busy = perf_counter(), thread_time()
    result = work()
    return Done(result, perf_counter() - began, thread_time() - busy), began
