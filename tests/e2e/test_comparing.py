"""Both engines answer what clients ask: the same, and before any client is moved."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from serinus.application.release.comparing import Comparing, Report
from serinus.application.release.comparison_counters import ComparisonCounters, Outcome
from serinus.application.release.ports import NodeState
from serinus.domain.release.comparison import Difference, Kind
from serinus.domain.release.phase import Phase
from serinus.domain.release.verifying import verify
from serinus.infrastructure.postgres.comparison_flush import PostgresComparisonFlush
from serinus.infrastructure.postgres.release_comparisons import PostgresComparisons
from serinus.infrastructure.postgres.release_nodes import PostgresNodes
from serinus.infrastructure.postgres.releases import PostgresReleases
from tests.e2e.conftest import Starting
from tests.e2e.traffic import PASSWORD
from tests.support.engines import needs_engine_v1
from tests.support.measured import MEASURED
from tests.support.releasing import WHO, plan, steering
from tests.support.serving import SECRET, RunningServer, command
from tests.support.waiting import until

pytestmark = needs_engine_v1

#: Compares, and lets nobody be moved before it is proven.
GATED = {
    "gates": {"first": "comparison"},
    "stages": [1, 100],
    "comparison": {"least_requests": 3, "limit": 0.05},
}
ROLES = ("admin", "author", "subscriber")
SILENT = {"/api/v1/metrics"}  # answered before an engine is chosen
POSTS: Sequence[dict[str, Any]] = [
    {"title": "Canaries at dawn", "tags": ["Canary", "morning"], "published": True},
    {"title": "金糸雀の朝", "tags": ["朝", "canary"], "category": "鳥", "published": True},
    {"title": "Not yet", "excerpt": "A draft.", "meta_title": "M"},
    {"title": "Long", "content": "They sing. " * 3000, "published": True},
]


def comparing(pool: asyncpg.Pool) -> Comparing:
    return Comparing(PostgresReleases(pool), PostgresComparisons(pool))


async def people(http: httpx.AsyncClient, pool: asyncpg.Pool) -> dict[str, dict[str, str]]:
    """One of each role, with a token; and the headers of a key."""
    found: dict[str, dict[str, str]] = {"nobody": {}}
    for role in ROLES:
        sent = {"username": role, "email": f"{role}@example.org", "password": PASSWORD}
        answer = await http.post("/api/v1/auth/register", json=sent)
        data = answer.json()["data"]
        found[role] = {"Authorization": f"Bearer {data['tokens']['access_token']}"}
        await pool.execute("UPDATE users SET role = $1 WHERE username = $1", role)
    asked = {"name": "reads", "permissions": ["posts:read", "users:read"]}
    made = await http.post("/api/v1/api-keys", json=asked, headers=found["admin"])
    return found | {"key": {"X-API-Key": made.json()["data"]["raw_key"]}}


async def reads(
    http: httpx.AsyncClient, known: dict[str, dict[str, str]]
) -> dict[str, list[str]]:
    """Requests for every route of contract v1 that is read, by template."""
    ids = []
    for post in POSTS:
        body = {"content": "They sing.", **post}
        answer = await http.post("/api/v1/posts", json=body, headers=known["author"])
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["data"]["id"])
    profile = await http.get("/api/v1/auth/profile", headers=known["author"])
    user = profile.json()["data"]["id"]
    return {
        "/api/v1": ["/api/v1"],
        "/api/v1/info": ["/api/v1/info"],
        "/api/v1/health": ["/api/v1/health"],
        "/api/v1/health/liveness": ["/api/v1/health/liveness"],
        "/api/v1/health/readiness": ["/api/v1/health/readiness"],
        "/api/v1/auth/profile": ["/api/v1/auth/profile"],
        "/api/v1/posts": [
            "/api/v1/posts?sort=title&limit=2",
            "/api/v1/posts?status=draft",
            "/api/v1/posts?page=x",
        ],
        "/api/v1/posts/{id}": [*(f"/api/v1/posts/{each}" for each in ids), "/api/v1/posts/no"],
        "/api/v1/posts/tag/{tag}": ["/api/v1/posts/tag/canary", "/api/v1/posts/tag/none"],
        "/api/v1/tags": ["/api/v1/tags?sort=-usage_count"],
        "/api/v1/users": ["/api/v1/users?sort=username", "/api/v1/users?role=admin"],
        "/api/v1/users/{id}": [f"/api/v1/users/{user}", f"/api/v1/users/{ids[0]}"],
        "/api/v1/users/{id}/posts": [f"/api/v1/users/{user}/posts"],
        "/api/v1/admin/posts": ["/api/v1/admin/posts"],
        "/api/v1/api-keys": ["/api/v1/api-keys"],
        "/api/v1/search": ["/api/v1/search?q=canaries", "/api/v1/search?q=%E9%87%91%E7%B3%B8"],
        "/api/v1/search/suggest": ["/api/v1/search/suggest?prefix=can"],
        "/api/v1/search/stats": ["/api/v1/search/stats"],
        "other": ["/api/v1/nowhere"],
    }


@pytest.fixture
async def http(server: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as client:
        yield client


@pytest.fixture
def server(starting: Starting) -> Any:
    with starting() as running:
        yield running


async def compares(http: httpx.AsyncClient, pool: asyncpg.Pool) -> None:
    """A release is started, and the server has heard of it."""
    release = await steering(pool).start(plan(**GATED), **WHO)

    async def heard() -> bool:
        answer = await http.get("/health")
        return answer.headers["serinus-epoch"] == str(release.epoch)

    await until(heard)


async def told(pool: asyncpg.Pool, pairs: int) -> Report:
    """When that many pairs have been looked at, whatever they came to."""

    async def enough() -> bool:
        report = await comparing(pool).report()
        return sum(each.compared + each.noise + each.skipped for each in report.routes) >= pairs

    await until(enough)
    return await comparing(pool).report()


async def all_compared(
    http: httpx.AsyncClient,
    pool: asyncpg.Pool,
    asked: dict[str, list[str]],
    known: dict[str, dict[str, str]],
) -> Report:
    """Ask for all of it, again as long as the server was too busy to compare each answer."""
    sent = skipped = 0
    while True:
        for path in [path for paths in asked.values() for path in paths]:
            for headers in known.values():
                answer = await http.get(path, headers=headers)
                assert answer.headers["serinus-engine"] == "v1"
                assert answer.status_code < 500
                sent += 1
        report = await told(pool, sent)
        if skipped == (skipped := sum(each.skipped for each in report.routes)):
            return report


def documented() -> set[str]:
    """The routes of contract v1 that are read."""
    document = json.loads(
        (Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8")
    )
    return {
        path
        for path, operations in document["paths"].items()
        if path.startswith("/api/v1") and "get" in operations and path not in SILENT
    }


async def test_the_engines_answer_every_read_the_same_and_that_opens_the_gate(
    http: httpx.AsyncClient, pool: asyncpg.Pool, record_property: Callable[[str, object], None]
) -> None:
    known = await people(http, pool)
    asked = await reads(http, known)
    assert asked.keys() - {"other"} == documented()
    await compares(http, pool)
    await steering(pool).pause(**WHO)  # or it is proven before the last route is asked for
    report = await all_compared(http, pool, asked, known)

    assert {each.route for each in report.routes} == asked.keys()
    assert [each for each in report.routes if not each.compared] == []
    assert sum(each.differing + each.noise for each in report.routes) == 0
    assert sum(each.worse + each.better + each.shared for each in report.routes) == 0
    assert list(report.places) == []
    assert {each.cannot for each in report.routes} == {""}
    compared = sum(each.compared for each in report.routes)
    record_property(MEASURED, f"{compared} answers of {len(asked)} routes, all the same")
    await steering(pool).resume(**WHO)

    async def ramps() -> bool:
        return (await steering(pool).releases())[0].phase is Phase.RAMPING

    await until(ramps)
    assert verify(await steering(pool).history()) is None


async def writes(http: httpx.AsyncClient, known: dict[str, dict[str, str]]) -> Counter[str]:
    """Every write of contract v1, by who may and who may not, well formed and not."""
    sent: Counter[str] = Counter()
    ids: dict[str, str] = {}

    async def send(method: str, template: str, body: Any, who: str = "admin") -> Any:
        path = template.format_map(ids) if "{" in template else template
        answer = await http.request(method, path, json=body, headers=known[who])
        assert answer.status_code < 500, answer.text
        name = re.sub(r"\{\w+\}", "{id}", template)
        sent[f"{method} {name}"] += 1
        return (answer.json().get("data") or {}) if answer.status_code < 300 else {}

    for who in ROLES:
        for post in (*POSTS, POSTS[0], {"title": ""}, {"title": "x", "slug": "long"}):
            made = await send("POST", "/api/v1/posts", {"content": "They sing.", **post}, who)
            ids.setdefault("post", made.get("id", ""))
    changes: Sequence[dict[str, Any]] = (
        {"title": "Another", "tags": ["canary", "new", "朝"]},
        {"published": False, "category": "Birds"},
        {"slug": "金糸雀の朝"},
        {"tags": []},
        {"meta_title": "x" * 61},
    )
    for body in changes:
        for who in ("subscriber", "admin", "key"):
            await send("PUT", "/api/v1/posts/{post}", body, who)
    await send("POST", "/api/v1/posts/{post}/publish", None)
    await send("DELETE", "/api/v1/posts/{post}", None, "subscriber")
    await send("DELETE", "/api/v1/posts/{post}", None)
    await send("DELETE", "/api/v1/posts/{post}", None)
    written = {"title": "By an editor", "content": "c", "published": True}
    ids["post"] = (await send("POST", "/api/v1/admin/posts", written))["id"]
    await send("DELETE", "/api/v1/admin/posts/{post}", None)
    me = await http.get("/api/v1/auth/profile", headers=known["subscriber"])
    ids["user"] = me.json()["data"]["id"]
    for body in ({"first_name": "Ada"}, {"username": "author"}, {"email": "Ada@Example.ORG"}):
        await send("PUT", "/api/v1/users/{user}", body, "subscriber")
    await send("POST", "/api/v1/users/{user}/role", {"role": "Editor"})
    await send("POST", "/api/v1/users/{user}/role", {"role": "SuperAdmin"}, "author")
    asked = {"name": "writes", "permissions": ["posts:write"]}
    ids["key"] = (await send("POST", "/api/v1/api-keys", asked))["api_key"]["id"]
    await send("POST", "/api/v1/api-keys", {"name": "", "permissions": ["x"]})
    await send("DELETE", "/api/v1/api-keys/{key}", None)
    await send("DELETE", "/api/v1/users/{user}", None)
    return sent


async def test_the_engines_write_the_same_and_what_was_tried_leaves_nothing(
    starting: Starting, pool: asyncpg.Pool, record_property: Callable[[str, object], None]
) -> None:
    with starting(SERINUS_SHADOW_WRITES="true") as server:
        async with server.client() as http:
            known = await people(http, pool)
            await compares(http, pool)
            await steering(pool).pause(**WHO)
            before = await pool.fetchval("SELECT count(*) FROM audit_log")
            await http.post("/api/v1/auth/login", json={"email": "a@b.c", "password": "x"})
            sent = await writes(http, known)
            report = await told(pool, sent.total() + 1)  # and the profile that was read
    found = {each.route: each for each in report.routes if each.route.count(" ")}

    assert list(report.places) == []
    assert {name: each.compared for name, each in found.items() if not each.cannot} == sent
    assert sum(each.skipped + each.worse + each.better for each in report.routes) == 0
    assert "session" in found["POST /api/v1/auth/login"].cannot
    record_property(MEASURED, f"{sent.total()} writes on {len(sent)} routes, all the same")
    # Each entry is of a request that a client made.
    rows = await pool.fetch("SELECT request_id, count(*) FROM audit_log GROUP BY 1")
    assert sum(row["count"] for row in rows) > before
    logged = set(re.findall(r'"request_id":"([^"]+)"', server.said))
    assert {row["request_id"] for row in rows if row["request_id"]} <= logged
    assert "could not be tried" not in server.said


async def test_a_difference_is_shown_and_accepted_from_the_command_line(
    home: Path, database_url: str, pool: asyncpg.Pool
) -> None:
    release = await steering(pool).start(plan(**GATED), **WHO)
    node, counters = uuid4(), ComparisonCounters()
    told = Difference("$.data.email", Kind.TYPE, "text of 3: aaa", "null")
    counters.add((release.id, "/api/v1/users"), Outcome.DIFFERING, [told])
    counters.cannot((release.id, "/api/v1/tags"), "it writes")
    state = NodeState(node=node, name="n", pid=1, epoch=1, share=release.share, says="")
    await PostgresNodes(pool).beat(state)
    await PostgresComparisonFlush(pool, node).add(counters.take(), patience=10)

    async def run(*words: str, code: int = 0) -> str:
        settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}
        done = await asyncio.to_thread(command, "release", *words, cwd=home, **settings)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    place = ("/api/v1/users", "$.data.email")
    await run("explain", *place, "--reason", "v1 showed it to everybody")
    missed = await run("explain", "/api/v1/users", "$.x", "--reason", "none", code=1)
    shown = await run("compare")
    found = json.loads(await run("compare", "--json"))

    assert "nothing was found on /api/v1/users at $.x" in missed
    assert "not compared: it writes" in shown
    assert "text of 3: aaa" in shown
    (difference,) = found["differences"]
    assert (difference["route"], difference["path"]) == place
    assert difference["explained"]["reason"] == "v1 showed it to everybody"
    assert difference["explained"]["by"].startswith("cli")
    assert {each["route"]: each["compared"] for each in found["routes"]} == {
        "/api/v1/tags": 0,
        "/api/v1/users": 1,
    }
    assert "explained" in await run("history")
    assert "everything follows" in await run("verify")
