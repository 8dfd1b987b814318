"""Comments as tests allow them: from guests or not, and so many a minute."""

from collections.abc import Callable
from datetime import datetime

import asyncpg
from uuid_utils.compat import uuid7

from serinus.application.content.discussing import Discussing
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.postgres.comments import PostgresComments


def discussing(
    pool: asyncpg.Pool,
    now: Callable[[], datetime],
    *,
    guests_welcome: bool = False,
    comments_per_minute: int = 0,
) -> Discussing:
    limiter = MemoryRateLimiter()

    async def throttle(whose: str) -> int:
        return (await limiter.hit(whose, limit=comments_per_minute)).retry_after

    return Discussing(
        comments=PostgresComments(pool),
        throttle=throttle,
        guests_welcome=guests_welcome,
        now=now,
        new_id=uuid7,
    )
