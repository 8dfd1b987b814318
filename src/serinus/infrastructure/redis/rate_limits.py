"""Rate limits that all nodes share: one round trip to a script that counts.

What this node alone has allowed is counted here as well. A key that is over its limit by that
count is refused without asking; and when Redis is away, this node goes on from what it knows.
"""

import asyncio
import logging
from collections.abc import Callable
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from serinus.application.identity.limits import Decision

SLOTS = 60
PAUSE = 1.0  # seconds without asking, after a failure
PREFIX = "serinus:limit:"

_log = logging.getLogger(__name__)


class LocalLimiter(Protocol):
    """A limiter of this process alone; it does not wait for anything."""

    def take(self, key: str, *, limit: int, window: int) -> Decision: ...

    def look(self, key: str, *, limit: int, window: int) -> Decision: ...


class RedisRateLimiter:
    """Never fails and never waits long: without Redis the local limiter decides."""

    def __init__(
        self,
        client: Redis,
        local: LocalLimiter,
        *,
        timeout: float,
        clock: Callable[[], float] | None = None,
        pause: float = PAUSE,
    ) -> None:
        """Without a clock, the time is the server's: nodes need not agree on theirs.

        `timeout`: seconds for everything, connecting included.
        """
        source = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
        self._script = client.register_script(source)
        self._local = local
        self._clock = clock
        self._timeout = timeout
        self._pause = pause
        self._away_until: float | None = None  # on the loop's clock

    async def hit(self, key: str, *, limit: int, window: int = 60) -> Decision:
        seen_here = self._local.look(key, limit=limit, window=window)
        if limit <= 0 or not seen_here.allowed:
            return seen_here
        decision = await self._ask(key, limit=limit, window=window)
        if decision is None:
            return self._local.take(key, limit=limit, window=window)
        if decision.allowed:
            self._local.take(key, limit=limit, window=window)
        return decision

    async def _ask(self, key: str, *, limit: int, window: int) -> Decision | None:
        loop = asyncio.get_running_loop()
        if self._away_until is not None and loop.time() < self._away_until:
            return None
        now = "" if self._clock is None else repr(self._clock())
        try:
            async with asyncio.timeout(self._timeout):
                allowed, remaining, retry_after, reset = await self._script(
                    keys=[_name(key, window)], args=[limit, window, ceil(window / SLOTS), now]
                )
        except (RedisError, OSError) as error:  # a time-out is an OSError as well
            if self._away_until is None:
                _log.warning("Redis is away, each node limits alone: %s", type(error).__name__)
            self._away_until = loop.time() + self._pause
            return None
        if self._away_until is not None:
            _log.warning("Redis is back, limits are shared again")
            self._away_until = None
        return Decision(bool(allowed), remaining, retry_after, reset)


def _name(key: str, window: int) -> str:
    # Keys come from outside: of any length, and what is in them is nobody's business.
    text = f"{window}:{key}".encode(errors="surrogatepass")
    return PREFIX + blake2b(text, digest_size=16).hexdigest()
