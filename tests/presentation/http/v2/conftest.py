"""Contract v2 as its clients reach it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.whole_v2 import Client, Clock, asking, whole_v2


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(pool: asyncpg.Pool, clock: Clock) -> AsyncIterator[Client]:
    """Nobody yet; `await client.register()` is somebody."""
    async with asking(whole_v2(pool, clock)) as client:
        yield client
