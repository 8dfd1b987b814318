"""Every failure is a problem (RFC 9457), and none says more than it should."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from serinus.infrastructure.postgres.pool import open_pool
from tests.support.proxy import Proxy
from tests.support.whole_v2 import Client, Clock, asking, problem, whole_v2

LOGIN = {"email": "ada@example.org", "password": "seven-red-hats"}
ID = "0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/api/v2",
        "/api/v2/",
        "/api/v2/nothing",
        "/api/v2/users/me/",
        "/api/v2//users/me",
        f"/api/v2/users/me/sessions/{ID}/x",
        "/api/v2/auth/login/",
        "/API/v2/users/me",
    ],
)
async def test_a_path_is_known_exactly_or_not_at_all(client: Client, path: str) -> None:
    problem(await client.get(path), 404, "path_not_found")


@pytest.mark.parametrize("value", ["1", "x", f"{ID}0", "鳥"])
async def test_a_path_with_something_else_than_an_id_is_not_known(
    client: Client, value: str
) -> None:
    ada = await client.register()

    problem(await ada.delete(f"/api/v2/users/me/sessions/{value}"), 404, "path_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/v2/auth/login", "OPTIONS, POST"),
        ("HEAD", "/api/v2/auth/login", "OPTIONS, POST"),
        ("DELETE", "/api/v2/users/me", "GET, HEAD, OPTIONS, PATCH"),
        ("PUT", "/api/v2/users/me", "GET, HEAD, OPTIONS, PATCH"),
        ("POST", f"/api/v2/users/me/sessions/{ID}", "DELETE, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_method_that_a_path_has_not_is_told_those_it_has(
    client: Client, method: str, path: str, allow: str
) -> None:
    answer = await client.send(method, path)

    assert answer.headers["allow"] == allow
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (405, b"")
    else:
        problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/api/v2/users/me", "GET, HEAD, OPTIONS, PATCH"),
        ("/api/v2/auth/login", "OPTIONS, POST"),
        ("/api/docs", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_tells_the_methods_of_a_path(
    client: Client, path: str, allow: str
) -> None:
    answer = await client.send("OPTIONS", path)

    assert (answer.status_code, answer.headers["allow"]) == (204, allow)
    assert answer.content == b""


async def test_head_is_get_without_the_body(client: Client) -> None:
    ada = await client.register()
    get, head = await ada.get("/api/v2/users/me"), await ada.send("HEAD", "/api/v2/users/me")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


async def test_a_problem_carries_the_id_of_its_request(
    pool: asyncpg.Pool, clock: Clock
) -> None:
    app = whole_v2(pool, clock)

    async def named(scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {"request_id": "r-1"}
        await app(scope, receive, send)

    async with asking(named) as client:
        told = problem(await client.get("/nothing"), 404, "path_not_found")

    assert told["request_id"] == "r-1"


async def test_what_nobody_expected_is_logged_once_and_not_told(
    client: Client, pool: asyncpg.Pool
) -> None:
    await pool.execute("ALTER TABLE users RENAME TO somewhere_else")

    with capture_logs() as logs:
        answer = await client.post("/api/v2/auth/login", LOGIN)

    told = problem(answer, 500, "internal_error")
    for leak in ("users", "SELECT", "asyncpg", "relation", "Traceback", ".py"):
        assert leak not in answer.text
    (entry,) = [each for each in logs if each["log_level"] == "error"]
    assert entry["request_id"] == told["request_id"]
    assert isinstance(entry["exc_info"], asyncpg.UndefinedTableError)


@pytest.fixture
async def cut_off(database_url: str, clock: Clock) -> AsyncIterator[Client]:
    """A client whose service has lost its database a moment ago."""
    parts = urlsplit(database_url)
    async with Proxy.to(parts.hostname or "", parts.port or 5432) as proxy:
        place = f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}"
        pool = await open_pool(urlunsplit(parts._replace(netloc=place)))
        await proxy.go_away()
        async with asking(whole_v2(pool, clock)) as client:
            yield client
        pool.terminate()


@pytest.mark.parametrize("headers", [{}, {"idempotency_key": "k"}], ids=["plain", "keyed"])
async def test_without_a_database_a_client_is_told_when_to_come_back(
    cut_off: Client, headers: dict[str, str]
) -> None:
    with capture_logs() as logs:
        answer = await cut_off.sends(**headers).post("/api/v2/auth/login", LOGIN)

    problem(answer, 503, "dependency_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert [each for each in logs if each["log_level"] == "error"] == []


async def test_without_a_database_the_process_lives_but_is_not_ready(cut_off: Client) -> None:
    for path in ("/healthz", "/api/v2/healthz", "/health"):
        assert (await cut_off.get(path)).status_code == 200
    for path in ("/readyz", "/api/v2/readyz"):
        answer = await cut_off.get(path)
        problem(answer, 503, "dependency_unavailable")
        assert answer.headers["retry-after"] == "5"
