"""What a running server writes of its requests, and what it never writes."""

import json
import secrets
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.e2e.conftest import Starting
from tests.support.engines import needs_engine_v1
from tests.support.serving import SECRET, RunningServer, command

PASSWORD = f"horse-{secrets.token_hex(8)}"
ODD = f"odd-{secrets.token_hex(8)}"


def events(server: RunningServer) -> list[dict[str, Any]]:
    """Every line of the log is one whole event."""
    return [json.loads(line) for line in server.said.splitlines() if line.startswith("{")]


def requests(server: RunningServer) -> list[dict[str, Any]]:
    return [event for event in events(server) if event["event"] == "request"]


async def tokens(http: httpx.AsyncClient, client: str) -> dict[str, Any]:
    answer = await http.post(
        "/api/v1/auth/login",
        json={"email": "boss@example.org", "password": PASSWORD},
        headers={"X-Client-ID": client},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]["tokens"]
    return found


@pytest.fixture
def boss(tmp_path: Path, database_url: str) -> None:
    made = command(
        *("user", "create", "boss@example.org", "--role", "admin", "--password-stdin"),
        cwd=tmp_path,
        stdin=PASSWORD,
        DATABASE_URL=database_url,
        SERINUS_SECRET_KEY=SECRET,
    )
    assert made.returncode == 0, made.stderr


@pytest.mark.usefixtures("boss")
@pytest.mark.parametrize("share", [pytest.param("0", marks=needs_engine_v1), "100"])
async def test_no_secret_of_any_request_is_written_whatever_becomes_of_it(
    starting: Starting, database_url: str, share: str
) -> None:
    known = [PASSWORD, ODD, SECRET]
    with starting(API_V2_TRAFFIC_PERCENTAGE=share) as server:
        async with server.client(cookies={"session": ODD}) as http:
            given = await tokens(http, "first")
            bearer = {"Authorization": f"Bearer {given['access_token']}"}
            made = await http.post(
                "/api/v1/api-keys",
                json={"name": "a key", "permissions": ["posts:read"]},
                headers=bearer,
            )
            key = made.json()["data"]["raw_key"]
            known += [given["access_token"], given["refresh_token"], key]
            await provoke(http, bearer, {"X-API-Key": key}, given["refresh_token"])
            renewed = await http.post(
                "/api/v1/auth/refresh", json={"refresh_token": given["refresh_token"]}
            )
            known += renewed.json()["data"]["tokens"].values()
            bearer = {
                "Authorization": f"Bearer {renewed.json()['data']['tokens']['access_token']}"
            }
            await break_schema(database_url)
            await provoke(http, bearer, {"X-API-Key": key}, given["refresh_token"])

    seen = {event["status"] for event in requests(server)}
    assert {200, 201, 400, 401, 404, 405, 415, 422, 500} <= seen
    said = server.said
    assert "Traceback" in said or "exception" in said
    secret = [str(each) for each in known if str(each) in said and len(str(each)) > 5]
    assert secret == []


async def break_schema(database_url: str) -> None:
    """A mistake of ours, in the middle of what people are signed in for."""
    database = await asyncpg.connect(database_url)
    await database.execute("ALTER TABLE posts RENAME COLUMN title TO heading")
    await database.execute("ALTER TABLE refresh_tokens RENAME TO gone")
    await database.close()


async def provoke(
    http: httpx.AsyncClient, bearer: dict[str, str], key: dict[str, str], refresh: str
) -> None:
    """Every kind of failure, each with something secret in it."""
    reads = ["/api/v1/posts", f"/api/v1/posts?page={ODD}"]
    reads += [f"/api/v2/posts?filter[{ODD}]=1", f"/api/v2/nothing?token={ODD}"]
    for path in reads:
        for sent in (bearer, key, {"Authorization": f"Bearer {ODD}"}, {"X-API-Key": ODD}):
            await http.get(path, headers=sent)
    for contract in ("v1", "v2"):
        login = f"/api/{contract}/auth/login"
        for body in ({"email": "boss@example.org", "password": ODD}, {"password": ODD}, [ODD]):
            await http.post(login, json=body)
        await http.post(login, content=ODD, headers={"Content-Type": "application/json"})
        await http.post(login, content=ODD)
        await http.delete(f"{login}?token={ODD}", headers=bearer)
        await http.post(f"/api/{contract}/auth/refresh", json={"refresh_token": ODD})
        register = {"username": "someone", "email": "bad", "password": ODD}
        await http.post(f"/api/{contract}/auth/register", json=register)
        post = {"title": "A title", "content": "Content"}
        await http.post(f"/api/{contract}/posts", json=post, headers=bearer)
    await http.get(
        "/api/v1/posts", headers=bearer | {"X-API-Key": ODD, "X-Request-ID": "an id"}
    )
    await http.post(
        "/api/v2/auth/refresh",
        json={"refresh_token": refresh + "x"},
        headers={"Idempotency-Key": ODD},
    )


async def test_each_request_but_probes_is_one_line_with_its_id(starting: Starting) -> None:
    with starting(API_V2_TRAFFIC_PERCENTAGE="100") as server:
        async with server.client() as http:
            await http.get("/api/v1/info?q=1", headers={"X-Request-ID": "trace-42"})
            await http.get("/health")
            await http.get("/api/v2/%0A%1B[31mred")
            await http.get("/api/v2/" + "x" * 6000)

    info, red, long = requests(server)
    assert (info["path"], info["status"], info["request_id"]) == (
        "/api/v1/info",
        200,
        "trace-42",
    )
    assert (info["engine"], info["epoch"], info["client"]) == ("v2", 1, "127.0.0.1")
    assert info["bytes"] > 100
    assert info["duration_ms"] > 0
    assert (red["path"], red["status"]) == ("/api/v2/%0A%1B[31mred", 404)
    assert len(long["path"]) < 250


async def test_it_can_be_turned_off(starting: Starting) -> None:
    with starting(SERINUS_ACCESS_LOG="false") as server:
        async with server.client() as http:
            await http.get("/api/v1/info")

    assert requests(server) == []
