"""Reads that wait to be compared, as many as there is time for.

There may be more than that for as long as a release lasts, so what goes first decides what is
ever compared: of the routes the one that had the fewest, as the gate waits for each of them,
and of its reads the newest, as what was true for the oldest may not be any more.
"""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import UUID

from serinus.application.release.comparison_counters import Place
from serinus.presentation.http.recording import Recording


@dataclass(slots=True)
class Read:
    """One that stable has answered; None: it failed, with an exception or by taking longer than
    an arm may.
    """

    place: Place
    scope: dict[str, Any]
    stable: Recording | None
    at: float = field(default_factory=monotonic)

    @property
    def size(self) -> int:
        return self.stable.size if self.stable else 0


class Waiting:
    """At most so many reads of so many bytes in all."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self._reads: dict[Place, deque[Read]] = {}
        self._release: UUID | None = None
        self._taken: Counter[Place] = Counter()
        self._tickets: asyncio.Queue[None] = asyncio.Queue()  # one for each that waits

    def offer(self, read: Read) -> Read | None:
        """Which one there is no room for, if any. Never waits."""
        left_out, release = None, read.place[0]
        if release != self._release:
            self._release, self._taken = release, Counter()
        if self._bytes + read.size > self._most_bytes:
            return read
        if self._tickets.qsize() >= self._most:
            left_out = self._oldest_of_most()
        else:
            self._tickets.put_nowait(None)
        self._bytes += read.size
        self._reads.setdefault(read.place, deque()).append(read)
        return left_out

    async def take(self) -> Read:
        """Say `done` when it has been compared."""
        await self._tickets.get()
        place = min(self._reads, key=lambda each: self._taken[each])
        self._taken[place] += 1
        return self._out(place, self._reads[place].pop())

    def done(self) -> None:
        self._tickets.task_done()

    async def all_done(self) -> None:
        await self._tickets.join()

    def _oldest_of_most(self) -> Read:
        place = max(self._reads, key=lambda each: len(self._reads[each]))
        return self._out(place, self._reads[place].popleft())

    def _out(self, place: Place, read: Read) -> Read:
        self._bytes -= read.size
        if not self._reads[place]:
            del self._reads[place]
        return read
