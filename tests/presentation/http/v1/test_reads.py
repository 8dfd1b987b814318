"""What a request costs the database."""

from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import httpx
import pytest

from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.infrastructure.postgres.pool import open_pool
from serinus.presentation.http.asgi import App
from serinus.presentation.http.v1.app import build_v1
from tests.contract.v1.clients import People, Person
from tests.contract.v1.engines import Setting, services_of


@pytest.fixture
async def lone_pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool of one connection, so that whoever looks at it sees every statement."""
    pool = await open_pool(database_url, size=1)
    yield pool
    await pool.close()


@pytest.fixture
async def reader(
    lone_pool: asyncpg.Pool, passwords: PasswordHashes, pool: asyncpg.Pool
) -> AsyncIterator[Person]:
    app = build_v1(services_of(lone_pool, passwords, Setting()))
    transport = httpx.ASGITransport(cast("App", app))
    base = "http://cms.test/api/v1"
    async with httpx.AsyncClient(transport=transport, base_url=base) as http:
        yield await People(http, pool).a()


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/auth/profile", 1),
        ("/posts", 2),
        ("/posts?status=draft&tag=birds&sort=title&page=2&limit=1", 2),
        ("/posts/tag/birds", 2),
        ("/tags", 2),
        ("/users", 2),
        ("/users?role=author&active=true&sort=username&page=2&limit=1", 2),
        ("/users/{person}", 2),
        ("/users/{person}/posts", 3),
        ("/users/nonsense", 1),
        ("/posts/{id}", 2),
        ("/posts/nonsense", 1),
        ("/info", 0),
        ("/health/liveness", 0),
    ],
)
async def test_a_read_is_one_statement_beside_who_is_asking(
    reader: Person, lone_pool: asyncpg.Pool, path: str, statements: int
) -> None:
    post = await reader.wrote(tags=["birds", "song"], category="Birds")
    await reader.wrote(tags=["birds"])
    sent: list[Any] = []
    async with lone_pool.acquire() as connection:
        connection.add_query_logger(sent.append)

    answer = await reader.get(path.format(id=post["id"], person=reader.id))

    assert answer.status_code in {200, 400}
    assert len(sent) == statements, sent
