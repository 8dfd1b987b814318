"""How often somebody may do something, as use cases and the switch see it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Decision:
    """What a limiter says to one hit. Times are whole seconds, rounded up."""

    allowed: bool
    remaining: int  # hits that would still be allowed now
    retry_after: int  # until a hit may be allowed again; 0 when this one was
    reset: int  # until everything is allowed again, if nobody hits meanwhile


class RateLimiter(Protocol):
    """Counts hits by key."""

    async def hit(self, key: str, *, limit: int, window: int = 60) -> Decision:
        """Count one hit and say whether it is within the limit.

        Within any `window` seconds at most `limit` hits of one key are allowed. A hit that is
        not allowed does not count. A limit of 0 allows everything. Keys may be of any length
        and come from outside. Never fails: a limiter that cannot tell decides by what it knows.
        """
        ...
