"""Steering over HTTP while things are bad, and looking at it from the command line."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.e2e.conftest import Starting
from tests.support.engines import ENGINE_V1, needs_engine_v1
from tests.support.serving import (
    SECRET,
    RunningServer,
    command,
    environment,
    hears_interrupts,
)
from tests.support.waiting import PATIENCE, until

pytestmark = needs_engine_v1

RELEASE = "/api/release"
PASSWORD = "a canary in the coal mine"
QUICK = {
    "dwell": "1h",
    "baseline": "0s",
    "cool_down": "0s",
    "stages": [50, 100],
    "gates": {},
    "guardrails": {"slow": {"over_ms": 60_000}},
}
Status = dict[str, Any]
WHY = {"reason": "they are all failing"}
SOON = 2.0  # seconds

needs_both_engines = pytest.mark.skipif(
    not ENGINE_V1, reason="without engine v1 there is nothing to share"
)


@asynccontextmanager
async def steering(
    server: RunningServer, home: Path, database_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator, signed in."""
    made = await asyncio.to_thread(
        command,
        *("user", "create", "boss@example.org", "--role", "admin", "--password-stdin"),
        cwd=home,
        stdin=f"{PASSWORD}\n",
        DATABASE_URL=database_url,
        SERINUS_SECRET_KEY=SECRET,
    )
    assert made.returncode == 0, made.stderr
    async with server.client() as http:
        login = {"email": "boss@example.org", "password": PASSWORD}
        told = (await http.post("/api/v1/auth/login", json=login)).json()
        http.headers["authorization"] = f"Bearer {told['data']['tokens']['access_token']}"
        yield http


async def status(http: httpx.AsyncClient) -> Status:
    answer = await http.get(RELEASE)
    assert answer.status_code == 200, answer.text
    found: Status = answer.json()
    return found


async def seen(http: httpx.AsyncClient, holds: Callable[[Status], bool]) -> Status:
    """The first status of which this holds. By watching: who asks too often is limited."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with http.stream("GET", f"{RELEASE}/watch") as watching:
                async for line in watching.aiter_lines():
                    name, _, told = line.partition("data: ")
                    if not name and told and holds(found := json.loads(told)):
                        return dict(found)


def on_the_candidate(told: Status) -> bool:
    return bool(told["share_percent"] == 50)


def taken_back_everywhere(told: Status) -> bool:
    return told["share_percent"] == 0 and all(node["up_to_date"] for node in told["nodes"])


@asynccontextmanager
async def nobody_reads_posts(database_url: str) -> AsyncIterator[None]:
    """Whoever does waits, and holds a connection meanwhile."""
    database = await asyncpg.connect(database_url)
    try:
        async with database.transaction():
            await database.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await database.close()


@needs_both_engines
async def test_a_release_is_aborted_while_requests_have_used_up_connections_and_limits(
    starting: Starting, home: Path, database_url: str
) -> None:
    settings = {
        "SERINUS_POOL_SIZE": "2",
        "SERINUS_RATE_LIMIT": "40",
        "SERINUS_CACHE_BYTES": "0",
        "SERINUS_WORKERS": "2",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody listens there
    }
    with starting(**settings) as server:
        async with steering(server, home, database_url) as http:
            started = await http.post(RELEASE, json=WHY | {"plan": QUICK})
            assert (started.status_code, started.json()["phase"]) == (201, "comparing")
            await seen(http, on_the_candidate)
            async with nobody_reads_posts(database_url), server.client() as others:
                stuck = [
                    asyncio.create_task(
                        others.get("/api/v2/posts", headers={"X-Client-ID": "x"})
                    )
                    for _ in range(100)
                ]

                async def limited() -> bool:
                    return any(
                        each.done() and each.result().status_code == 429 for each in stuck
                    )

                await until(limited)
                began = time.monotonic()
                aborted = await http.post(f"{RELEASE}/abort", json=WHY)
                took = time.monotonic() - began
                for each in stuck:
                    each.cancel()
                await asyncio.gather(*stuck, return_exceptions=True)
            found = await seen(http, taken_back_everywhere)

    assert (aborted.status_code, aborted.json()["phase"]) == (200, "aborted")
    assert took < SOON
    assert [node["share_percent"] for node in found["nodes"]] == [0, 0]
    assert found["events"][-1]["reason"] == WHY["reason"]
    assert found["events"][-1]["actor"].startswith("user:")


@needs_both_engines
async def test_a_release_is_steered_where_contract_v2_is_turned_off(
    starting: Starting, home: Path, database_url: str
) -> None:
    with starting(API_V2_ENABLED="false") as server:
        async with steering(server, home, database_url) as http:
            gone = await http.get("/api/v2/posts")
            started = await http.post(RELEASE, json=WHY)
            here = (await status(http))["here"]
            aborted = await http.post(f"{RELEASE}/abort", json=WHY)

    assert gone.status_code == 404
    assert started.status_code == 201
    assert (here["share_percent"], here["source"]) == (0, "API_V2_ENABLED=false")
    assert aborted.json()["phase"] == "aborted"


def test_a_release_is_watched_until_somebody_has_seen_enough(
    home: Path, database_url: str
) -> None:
    settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}
    watching = subprocess.Popen(
        [sys.executable, "-m", "serinus", "release", "watch", "--json"],
        cwd=home,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hears_interrupts,  # noqa: PLW1509 - no thread of ours holds a lock here
    )
    assert watching.stdout is not None
    looks = [json.loads(watching.stdout.readline()) for _ in range(2)]
    watching.send_signal(signal.SIGINT)
    _, complaint = watching.communicate(timeout=30)

    assert [look["share_percent"] for look in looks] == ["0", "0"]
    assert (watching.returncode, complaint) == (0, "")
