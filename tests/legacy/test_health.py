"""What is served, and whether it works."""

import re
from typing import Any

import pytest

from tests.legacy.engine import Engine, configuration, running

NOWHERE = "postgresql://serinus:secret@127.0.0.1:1/cms"  # nothing listens on port 1
AWAY = (503, "Service temporarily unavailable")

OPERATIONS = [
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


@pytest.mark.parametrize("path", ["", "/info"])
async def test_the_operations_are_listed_without_an_envelope(engine: Engine, path: str) -> None:
    answer = await engine.call("GET", path)

    assert answer.json() == {
        "version": "1.0",
        "endpoints": OPERATIONS,
        "documentation": "/api/docs",
        "status": "operational",
    }


async def test_health_names_every_part(engine: Engine) -> None:
    answer = await engine.call("GET", "/health")

    data = answer.json()["data"]
    assert answer.status_code == 200
    assert list(data) == ["status", "timestamp", "services", "system"]
    assert data["status"] == "healthy"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", data["timestamp"])
    states = {"database": "up", "cache": "disabled", "search": "up", "auth": "up"}
    assert data["services"] == states
    assert data["system"] == {"version": "1.2.3", "uptime_seconds": 0}


@pytest.mark.parametrize(
    ("answers", "state", "status"),
    [(True, "up", "healthy"), (False, "down", "degraded"), (None, "disabled", "healthy")],
)
async def test_a_cache_that_is_down_degrades_and_no_more(
    database_url: str, answers: object, state: str, status: str
) -> None:
    async def check() -> Any:
        return answers

    async with running(configuration(database_url, cache_check=check)) as engine:
        data = await engine.data("GET", "/health")

    assert data["services"]["cache"] == state
    assert data["status"] == status


async def test_a_cache_that_cannot_be_asked_is_down(database_url: str) -> None:
    async def check() -> bool | None:
        raise ConnectionError

    async with running(configuration(database_url, cache_check=check)) as engine:
        assert (await engine.data("GET", "/health"))["services"]["cache"] == "down"


async def test_without_its_database_the_engine_starts_and_says_so() -> None:
    async with running(configuration(NOWHERE)) as engine:
        health = await engine.call("GET", "/health")
        ready = await engine.call("GET", "/health/readiness")
        alive = await engine.call("GET", "/health/liveness")

    assert health.status_code == 503
    assert health.headers["retry-after"] == "5"
    body = health.json()
    assert (body["success"], body["error"]) == (False, AWAY[1])
    assert body["data"]["status"] == "degraded"
    assert body["data"]["services"] == {
        "database": "down",
        "cache": "disabled",
        "search": "down",
        "auth": "down",
    }
    assert ready.status_code == 503
    assert ready.headers["retry-after"] == "5"
    assert ready.json()["data"] is None
    assert alive.status_code == 200
    assert alive.json()["data"] == {"status": "alive"}


async def test_a_ready_engine_says_so(engine: Engine) -> None:
    assert await engine.data("GET", "/health/readiness") == {"status": "ready"}
