"""Rate limits of one process: the whole truth on a single node, the fallback on many.

Hits are counted in slots of a sixtieth of the window, at least one second. A slot counts until
the whole of it has left the window, so the limit is never exceeded, and room comes back at most
one slot late. That bounds a key to 61 numbers, whatever its limit.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import blake2b
from math import ceil

from serinus.application.identity.limits import Decision

SLOTS = 60
UNLIMITED = Decision(allowed=True, remaining=0, retry_after=0, reset=0)


def slot_width(window: int) -> int:
    return ceil(window / SLOTS)


class Hits:
    """The hits of one key that still count, oldest first."""

    __slots__ = ("_slots", "_width", "_window", "total")

    def __init__(self, window: int) -> None:
        self._window = window
        self._width = slot_width(window)
        self._slots: deque[list[int]] = deque()  # [number of the slot, hits in it]
        self.total = 0

    def forget(self, now: float) -> None:
        while self._slots and self._end(self._slots[0][0]) <= now:
            self.total -= self._slots.popleft()[1]

    def add(self, now: float) -> None:
        number = int(now // self._width)
        if self._slots and self._slots[-1][0] >= number:
            self._slots[-1][1] += 1
        else:
            self._slots.append([number, 1])
        self.total += 1

    def decision(self, now: float, *, limit: int, allowed: bool) -> Decision:
        reset = self._end(self._slots[-1][0]) - now if self._slots else 0
        return Decision(
            allowed=allowed,
            remaining=max(0, limit - self.total),
            retry_after=0 if allowed else ceil(self._room_at(limit) - now),
            reset=ceil(reset),
        )

    def _room_at(self, limit: int) -> float:
        left = self.total
        for number, hits in self._slots:
            left -= hits
            if left < limit:
                return self._end(number)
        raise AssertionError("a key without hits is within every limit")

    def _end(self, number: int) -> int:
        return (number + 1) * self._width + self._window


class MemoryRateLimiter:
    """Keeps the keys used last, in bounded memory: about 5 MB for 10,000 busy keys."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, max_keys: int = 10_000
    ) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._keys: OrderedDict[bytes, Hits] = OrderedDict()

    async def hit(self, key: str, *, limit: int, window: int = 60) -> Decision:
        return self.take(key, limit=limit, window=window)

    def take(self, key: str, *, limit: int, window: int = 60) -> Decision:
        """Count one hit if it is within the limit."""
        if limit <= 0:
            return UNLIMITED
        now, hits = self._clock(), self._hits(key, window)
        hits.forget(now)
        allowed = hits.total < limit
        if allowed:
            hits.add(now)
        return hits.decision(now, limit=limit, allowed=allowed)

    def look(self, key: str, *, limit: int, window: int = 60) -> Decision:
        """Say what `take` would, and count nothing."""
        if limit <= 0:
            return UNLIMITED
        now, hits = self._clock(), self._hits(key, window)
        hits.forget(now)
        return hits.decision(now, limit=limit, allowed=hits.total < limit)

    def __len__(self) -> int:
        return len(self._keys)

    def _hits(self, key: str, window: int) -> Hits:
        name = _digest(key, window)
        hits = self._keys.get(name)
        if hits is None:
            hits = self._keys[name] = Hits(window)
            if len(self._keys) > self._max_keys:
                self._keys.popitem(last=False)
        else:
            self._keys.move_to_end(name)
        return hits


def _digest(key: str, window: int) -> bytes:
    # Keys come from outside: of any length, and what is in them is nobody's business.
    return blake2b(f"{window}:{key}".encode(errors="surrogatepass"), digest_size=16).digest()
