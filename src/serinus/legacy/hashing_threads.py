"""Threads that hash passwords: few, behind those that answer requests, without a long queue."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import perf_counter
from typing import TypeVar

from serinus.legacy.envelope import unavailable

Result = TypeVar("Result")

NICENESS = 5
PATIENCE = 5.0  # seconds in the queue
# A hash takes a quarter of a second: who comes after these would wait for more than four.
WAITING_PER_THREAD = 16


class HashingThreads:
    def __init__(self, waited: Callable[[float], None] | None) -> None:
        """`waited` is told the seconds that each piece of work waited for its turn."""
        # Hashing releases the interpreter lock: more threads than processors only add memory.
        self.size = os.cpu_count() or 1
        self._executor = ThreadPoolExecutor(
            self.size, "v1-passwords", initializer=_yield_to_requests
        )
        self._admitted = 0
        self._waited = waited

    @property
    def waiting(self) -> int:
        return max(0, self._admitted - self.size)

    async def run(self, work: Callable[[], Result]) -> tuple[Result, float]:
        """The result, and the seconds it took once it was its turn. Raises 503."""
        if self._admitted >= self.size * (1 + WAITING_PER_THREAD):
            raise unavailable()
        self._admitted += 1
        asked = perf_counter()
        try:
            result, began, ended = await self._in_turn(work)
        finally:
            self._admitted -= 1
        if self._waited is not None:
            self._waited(began - asked)
        return result, ended - began

    async def _in_turn(self, work: Callable[[], Result]) -> tuple[Result, float, float]:
        queued = self._executor.submit(_timed, work)
        # Takes out of the queue what has not begun by then.
        giving_up = asyncio.get_running_loop().call_later(PATIENCE, queued.cancel)
        try:
            return await asyncio.wrap_future(queued)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise  # it was the client who went away
            raise unavailable() from None
        finally:
            giving_up.cancel()

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def _timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    began = perf_counter()
    return work(), began, perf_counter()


def _yield_to_requests() -> None:
    if sys.platform == "linux":  # elsewhere, threads have no priority of their own
        thread = threading.get_native_id()
        with suppress(PermissionError):  # a sandbox may forbid it
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
