"""The adapter, over a pool that the test can look into."""

from collections.abc import AsyncIterator, Iterator
from typing import cast

import asyncpg
import httpx
import pytest

from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.presentation.http.asgi import App
from serinus.presentation.http.v1.app import V1Application, build_v1
from tests.contract.v1.clients import People
from tests.contract.v1.engines import Setting, services_of


@pytest.fixture(scope="session")
def passwords() -> Iterator[PasswordHashes]:
    passwords = PasswordHashes(threads=1)
    yield passwords
    passwords.close()


@pytest.fixture
def app(pool: asyncpg.Pool, passwords: PasswordHashes) -> V1Application:
    return build_v1(services_of(pool, passwords, Setting()))


@pytest.fixture
async def http(app: V1Application) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(cast("App", app), raise_app_exceptions=False)
    base = "http://cms.test/api/v1"
    async with httpx.AsyncClient(transport=transport, base_url=base) as http:
        yield http


@pytest.fixture
def people(http: httpx.AsyncClient, pool: asyncpg.Pool) -> People:
    return People(http, pool)
