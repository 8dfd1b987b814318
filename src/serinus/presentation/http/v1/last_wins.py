"""v1 has no versions: of two writers, the last wins."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from serinus.domain.errors import Stale

T = TypeVar("T")

ATTEMPTS = 20  # each one lost is a write of somebody else that succeeded


async def last_wins(write: Callable[[], Awaitable[T]]) -> T:
    """Who lost a race reads again and writes again, so that only what was sent is replaced."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await write()
        except Stale:
            continue
    return await write()
