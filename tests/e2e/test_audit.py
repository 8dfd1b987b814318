"""Who did what, told apart by a real server, commands, an import and the timer."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.e2e.conftest import Starting
from tests.support.serving import SECRET, command
from tests.support.waiting import until

PASSWORD = "seven-red-hats"
NUMBER = 40  # of requests at once
LINK = {"title": "Imported", "url": "https://example.org/1", "content": "c"}


async def registered(http: httpx.AsyncClient, name: str) -> dict[str, str]:
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    answer = await http.post("/api/v2/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def write(http: httpx.AsyncClient, number: int, headers: dict[str, str]) -> None:
    path = "/api/v1/posts" if number % 2 else "/api/v2/posts"
    answer = await http.post(
        path,
        json={"title": f"Post {number}", "content": "c", "tags": ["shared"]},
        headers=headers | {"X-Request-ID": f"at-once-{number}"},
    )
    assert answer.status_code == 201, answer.text


async def schedule(http: httpx.AsyncClient, headers: dict[str, str]) -> str:
    """A post that the timer publishes in a moment."""
    post = await http.post(
        "/api/v2/posts", json={"title": "Later", "content": "c"}, headers=headers
    )
    at = datetime.now(UTC) + timedelta(seconds=1)
    path = f"/api/v2/posts/{post.json()['id']}/schedule"
    answer = await http.post(path, json={"at": at.isoformat()}, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(post.json()["id"])


async def test_everybody_is_told_apart(
    starting: Starting, tmp_path: Path, database_url: str, pool: asyncpg.Pool
) -> None:
    settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}
    with starting(API_V2_TRAFFIC_PERCENTAGE="50", SERINUS_CANARY_KEY="request") as server:
        async with server.client() as http:
            people = [await registered(http, f"user{number}") for number in range(4)]
            await pool.execute("UPDATE users SET role = 'author'")
            async with asyncio.TaskGroup() as tasks:
                for number in range(NUMBER):
                    tasks.create_task(write(http, number, people[number % 4]))
            later = await schedule(http, people[0])
            await until(lambda: published(pool, later))
    links = tmp_path / "links.jsonl"
    links.write_text(json.dumps(LINK))
    imported = command("import", "jsonl", str(links), cwd=tmp_path, **settings)
    assert imported.returncode == 0, imported.stderr
    told = command("audit", "--json", "--limit", "10000", cwd=tmp_path, **settings)
    pruned = command("audit", "prune", "--before", "2000-01-01", cwd=tmp_path, **settings)

    entries = json.loads(told.stdout)
    check_each_acted_alone(entries)
    assert {entry["via"] for entry in entries} == {"v1", "v2", "import", "schedule", None}
    assert {e["entity_id"] for e in entries if e["via"] == "schedule"} == {later}
    assert {e["user"] for e in entries if e["via"] in {"import", "schedule"}} == {None}
    assert pruned.stdout.startswith("0 entries")
    newest = json.loads(
        command("audit", "--json", "--via", "cli", cwd=tmp_path, **settings).stdout
    )
    assert [entry["action"] for entry in newest] == ["pruned"]


def check_each_acted_alone(entries: list[dict[str, Any]]) -> None:
    """Whatever was written at once: every entry names the one who sent its request."""
    for number in range(NUMBER):
        mine = [e for e in entries if e["request_id"] == f"at-once-{number}"]
        assert {e["user"]["username"] for e in mine} == {f"user{number % 4}"}
        assert {e["via"] for e in mine} == {"v1" if number % 2 else "v2"}
        assert {e["address"] for e in mine} == {"127.0.0.1"}
        assert "created" in {e["action"] for e in mine}


async def published(pool: asyncpg.Pool, post_id: str) -> bool:
    status = await pool.fetchval("SELECT status FROM posts WHERE id = $1", post_id)
    return bool(status == "published")
