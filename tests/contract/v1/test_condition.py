"""What is served, and how it is."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import pytest

from serinus import __version__
from tests.contract.v1.clients import MEMBERS, People, data, refusal
from tests.contract.v1.engines import Engine, Setting, serving
from tests.support.proxy import Proxy

AWAY = (503, "Service temporarily unavailable")
ENDPOINTS = [
    "DELETE /api/v1/admin/posts/{id}",
    "DELETE /api/v1/api-keys/{id}",
    "DELETE /api/v1/posts/{id}",
    "DELETE /api/v1/users/{id}",
    "GET /api/v1",
    "GET /api/v1/admin/posts",
    "GET /api/v1/api-keys",
    "GET /api/v1/auth/profile",
    "GET /api/v1/health",
    "GET /api/v1/health/liveness",
    "GET /api/v1/health/readiness",
    "GET /api/v1/info",
    "GET /api/v1/metrics",
    "GET /api/v1/posts",
    "GET /api/v1/posts/tag/{tag}",
    "GET /api/v1/posts/{id}",
    "GET /api/v1/search",
    "GET /api/v1/search/stats",
    "GET /api/v1/search/suggest",
    "GET /api/v1/tags",
    "GET /api/v1/users",
    "GET /api/v1/users/{id}",
    "GET /api/v1/users/{id}/posts",
    "POST /api/v1/admin/posts",
    "POST /api/v1/api-keys",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
    "POST /api/v1/posts",
    "POST /api/v1/posts/{id}/publish",
    "POST /api/v1/search/reindex",
    "POST /api/v1/users/{id}/role",
    "PUT /api/v1/posts/{id}",
    "PUT /api/v1/users/{id}",
]


@pytest.mark.parametrize("path", ["http://cms.test/api/v1", "/info"])
async def test_the_contract_says_bare_what_it_serves(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json().items()) == [
        ("version", "1.0"),
        ("endpoints", ENDPOINTS),
        ("documentation", "/api/docs"),
        ("status", "operational"),
    ]


async def test_all_well_is_healthy(http: httpx.AsyncClient) -> None:
    health = data(await http.get("/health"))

    assert list(health) == ["status", "timestamp", "services", "system"]
    assert health["status"] == "healthy"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", health["timestamp"])
    age = datetime.now(UTC) - datetime.fromisoformat(health["timestamp"])
    assert abs(age.total_seconds()) < 60
    assert list(health["services"].items()) == [
        ("database", "up"),
        ("cache", "disabled"),
        ("search", "up"),
        ("auth", "up"),
    ]
    assert list(health["system"]) == ["version", "uptime_seconds"]
    assert health["system"]["version"] == __version__
    assert 0 <= health["system"]["uptime_seconds"] < 60
    assert isinstance(health["system"]["uptime_seconds"], int)


async def up() -> bool:
    return True


async def down() -> bool:
    return False


async def failing() -> bool:
    raise OSError("connection refused")


async def hanging() -> bool:
    await asyncio.Event().wait()
    return True


@pytest.mark.parametrize(
    ("cache", "state", "status"),
    [
        (up, "up", "healthy"),
        (down, "down", "degraded"),
        (failing, "down", "degraded"),
        (hanging, "down", "degraded"),
    ],
)
async def test_a_cache_that_is_away_degrades_and_no_more(
    engine: Engine,
    database_url: str,
    cache: Callable[[], Awaitable[bool]],
    state: str,
    status: str,
) -> None:
    async with serving(engine, database_url, Setting(cache=cache)) as http:
        health = data(await http.get("/health"))

        assert (health["services"]["cache"], health["status"]) == (state, status)
        assert data(await http.get("/health/readiness")) == {"status": "ready"}


async def test_a_process_that_answers_is_alive_and_ready(http: httpx.AsyncClient) -> None:
    assert data(await http.get("/health/liveness")) == {"status": "alive"}
    assert data(await http.get("/health/readiness")) == {"status": "ready"}


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(database_url)
    async with Proxy.to(parts.hostname or "", parts.port or 5432) as proxy:
        yield proxy


@pytest.fixture
async def far_http(
    engine: Engine, database_url: str, proxy: Proxy
) -> AsyncIterator[httpx.AsyncClient]:
    """An engine whose database can be cut off."""
    parts = urlsplit(database_url)
    far_url = parts._replace(
        netloc=parts.netloc.replace(f":{parts.port}", f":{proxy.port}")
    ).geturl()
    async with serving(engine, far_url) as http:
        yield http


async def test_without_a_database_nothing_but_the_process_is_well(
    proxy: Proxy, far_http: httpx.AsyncClient, people: People
) -> None:
    await proxy.go_away()

    sick = await far_http.get("/health")

    assert sick.status_code == 503
    assert sick.headers["retry-after"] == "5"
    assert list(sick.json()) == MEMBERS
    assert (sick.json()["success"], sick.json()["error"]) == (False, AWAY[1])
    assert sick.json()["data"]["status"] == "degraded"
    assert sick.json()["data"]["services"] == {
        "database": "down",
        "cache": "disabled",
        "search": "down",
        "auth": "down",
    }
    assert data(await far_http.get("/health/liveness")) == {"status": "alive"}


async def test_without_a_database_what_needs_it_waits(
    proxy: Proxy, far_http: httpx.AsyncClient, people: People
) -> None:
    author = await people.a()
    body = {"title": "T", "content": "C", "email": "a@example.org", "password": "x"}
    await proxy.go_away()

    for method, path in [
        ("GET", "/health/readiness"),
        ("GET", "/tags"),
        ("GET", "/posts"),
        ("POST", "/posts"),
        ("POST", "/auth/login"),
        ("POST", "/auth/logout"),
    ]:
        answer = await author.at(far_http).send(method, path, json=body)
        assert refusal(answer) == AWAY, path
        assert answer.headers["retry-after"] == "5"
    assert refusal(await far_http.get("/tags"))[0] == 401
    assert (await far_http.post("/auth/refresh", json={})).status_code == 422


async def test_when_the_database_is_back_all_is_well_again(
    proxy: Proxy, far_http: httpx.AsyncClient, people: People
) -> None:
    author = await people.a()
    data(await author.at(far_http).get("/tags"))
    await proxy.go_away()
    assert (await author.at(far_http).get("/tags")).status_code == 503

    await proxy.come_back()

    data(await author.at(far_http).get("/tags"))
    assert data(await far_http.get("/health"))["status"] == "healthy"
