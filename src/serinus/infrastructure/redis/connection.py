"""A client for what may fail: quick to give up, never trying twice.

Everything here has a way to go on without Redis, and a request is waiting meanwhile.
"""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT = 0.2  # seconds


def connect(url: str) -> Redis:
    """Make a client for Redis >= 6.2 or Valkey; it connects when used, again when cut off."""
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
