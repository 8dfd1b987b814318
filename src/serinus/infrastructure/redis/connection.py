"""A client for what may fail: quick to give up, never trying twice.

Everything here has a way to go on without Redis, and a request is waiting meanwhile.
"""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECTIONS = 16  # a burst waits for one of them rather than open a connection per request


def connect(url: str, *, timeout: float) -> Redis:
    """Make a client for Redis >= 6.2 or Valkey; it connects when used, again when cut off.

    `timeout`: seconds, for each step alone.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)
