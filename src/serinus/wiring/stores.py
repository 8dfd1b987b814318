"""What both engines lean on: the pool, Redis, the rate limiter."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncpg
from redis.asyncio import Redis

from serinus.application.identity.limits import RateLimiter
from serinus.application.identity.sign_in import SignInLimits
from serinus.domain.errors import Unavailable
from serinus.infrastructure.credentials.common_passwords import common_passwords
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.postgres.migrations.revisions import pending
from serinus.infrastructure.postgres.pool import BoundedPool, open_pool
from serinus.infrastructure.redis.connection import connect as connect_redis
from serinus.infrastructure.redis.rate_limits import RedisRateLimiter
from serinus.infrastructure.settings import Settings


@dataclass(frozen=True, slots=True)
class Stores:
    """One limiter counts sign-ins on both engines: a second engine is no second chance."""

    pool: BoundedPool
    redis: Redis | None
    limiter: RateLimiter
    sign_in_limits: SignInLimits
    common_passwords: frozenset[str]


async def open_stores(
    settings: Settings,
    stack: AsyncExitStack,
    asked: Callable[[float], None] | None = None,
) -> Stores:
    """Raise `DatabaseUnreachable`, or `Unavailable` when migrations are missing.

    `asked`: told the seconds of each statement.
    """
    pool = await open_pool(
        str(settings.database_url), size=settings.serinus_pool_size, asked=asked
    )
    stack.push_async_callback(_close_pool, pool)
    if missing := await pending(pool):
        raise Unavailable(
            f"the schema lacks migrations {', '.join(missing)}: run `serinus migrate`"
        )
    local = MemoryRateLimiter()
    patience = settings.serinus_rate_limit_wait_ms / 1000
    redis = connect_redis(settings.redis_url, timeout=patience) if settings.redis_url else None
    if redis is not None:
        stack.push_async_callback(redis.aclose)
    limiter = RedisRateLimiter(redis, local, timeout=patience) if redis is not None else local
    return Stores(
        pool=pool,
        redis=redis,
        limiter=limiter,
        sign_in_limits=SignInLimits(
            limiter=limiter, per_minute=settings.serinus_login_rate_limit
        ),
        common_passwords=common_passwords(),
    )


async def _close_pool(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(10):
            await pool.close()
    except TimeoutError:  # a statement that does not end must not keep the process
        pool.terminate()
