"""Contract v2 as its clients reach it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from serinus.domain.identity.caller import Role
from tests.support.content_api import ContentApi, User, open_api
from tests.support.whole_v2 import Client, Clock, asking, whole_v2


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(pool: asyncpg.Pool, clock: Clock) -> AsyncIterator[Client]:
    """Nobody yet; `await client.register()` is somebody."""
    async with asking(whole_v2(pool, clock)) as client:
        yield client


@pytest.fixture
async def api(pool: asyncpg.Pool) -> AsyncIterator[ContentApi]:
    """Content alone, for people of any role: `await api.user("ada", Role.EDITOR)`."""
    api = open_api(pool)
    async with api.client:
        yield api


@pytest.fixture
async def author(api: ContentApi) -> User:
    return await api.user("ada")


@pytest.fixture
async def editor(api: ContentApi) -> User:
    return await api.user("eve", Role.EDITOR)
