"""A whole release from the command line, on a real server under real traffic."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.support.engines import needs_engine_v1
from tests.support.serving import RunningServer, command, serving
from tests.support.waiting import until

pytestmark = needs_engine_v1

PLAN = """
dwell = "1s"
bake = "1s"
baseline = "1s"
rollback_dwell = "500ms"
cool_down = "1s"
stages = [10, 50, 100]
holdback = 10
gates = { last = "manual" }

[guardrails]
error_rate = { slo = 0.05 }
slow = { over_ms = 60000, slo = 0.05 }
"""
PATIENCE = 90.0  # seconds
CALLERS = 16

Settings = dict[str, str]


@pytest.fixture
def settings(database_url: str) -> Settings:
    return {
        "DATABASE_URL": database_url,
        "SERINUS_SECRET_KEY": "a secret key that is only for this one test",
        "SERINUS_RATE_LIMIT": "0",
        "SERINUS_ACCESS_LOG": "false",
    }


@asynccontextmanager
async def traffic(server: RunningServer) -> AsyncIterator[Counter[tuple[int, str]]]:
    """Some hundred consumers read; what they saw, by status and engine."""
    seen: Counter[tuple[int, str]] = Counter()

    async def call(http: httpx.AsyncClient, number: int) -> None:
        for n in range(1_000_000):
            consumer = {"X-Client-ID": f"consumer {(number + CALLERS * n) % 300}"}
            answer = await http.get("/api/v1/info", headers=consumer)
            seen[answer.status_code, answer.headers["serinus-engine"]] += 1

    async with server.client() as http:
        callers = [asyncio.create_task(call(http, number)) for number in range(CALLERS)]
        try:
            yield seen
        finally:
            for caller in callers:
                caller.cancel()
            await asyncio.gather(*callers, return_exceptions=True)


class Releases:
    """The commands, of the one who runs this test."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self._home, self._settings = home, settings

    async def run(self, *words: str, code: int = 0) -> str:
        done = await asyncio.to_thread(
            command, "release", *words, cwd=self._home, **self._settings
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    async def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.run("status", "--json"))
        return found

    async def comes_to(self, phase: str, share: str) -> bool:
        found = await self.status()
        return (found["release"]["phase"], found["share_percent"]) == (phase, share)


async def test_a_healthy_release_goes_all_the_way_and_its_record_proves_it(
    home: Path, settings: Settings
) -> None:
    (home / "plan.toml").write_text(PLAN)
    releases = Releases(home, settings)
    with serving(home, SERINUS_WORKERS="2", **settings) as server:
        async with traffic(server) as seen:
            await releases.run("start", "--plan", "plan.toml", "--reason", "to try it")
            again = await releases.run("start", "--reason", "another", code=1)
            assert "release" in again

            async def waits_for_a_person() -> bool:
                found = await releases.status()
                return bool(found["verdict"] and found["verdict"]["why"] == "gate")

            await until(waits_for_a_person, patience=PATIENCE)
            assert await releases.comes_to("ramping", "50")
            await releases.run("promote", "--reason", "the numbers are good")
            await until(lambda: releases.comes_to("complete", "100"), patience=PATIENCE)

            frame = await releases.run("watch", "--once")
            verified = await releases.run("verify")
            history = json.loads(await releases.run("history", "--json"))
    assert "100 %" in frame
    assert "everything follows" in verified
    shares = [entry["body"]["to"]["share"] for entry in history]
    assert [share for n, share in enumerate(shares) if share not in shares[:n]] == [
        *(0, 1000, 5000, 9000, 10000)
    ]
    assert {status for status, _ in seen} == {200}
    assert min(seen[200, engine] for engine in ("v1", "v2")) > 100


async def test_a_release_is_paused_taken_back_and_its_record_shows_what_was_changed(
    home: Path, settings: Settings
) -> None:
    # A command may take longer than a stage of the plan: this one stays at its first.
    (home / "plan.toml").write_text(PLAN.replace('dwell = "1s"', 'dwell = "1h"', 1))
    releases = Releases(home, settings)
    with serving(home, **settings) as server:
        async with traffic(server):
            await releases.run("start", "--plan", "plan.toml", "--reason", "to try it")
            await until(lambda: releases.comes_to("ramping", "10"), patience=PATIENCE)
            await releases.run("pause", "--reason", "lunch")
            await releases.run("pin", "consumer 1", "candidate", "--reason", "they asked")
            pinned = await releases.run("consumers")
            await releases.run("rollback", "--reason", "enough")
            await until(lambda: releases.comes_to("rolled_back", "0"), patience=PATIENCE)
    assert "consumer 1" in pinned
    refused = await releases.run("resume", "--reason", "go on", code=1)
    assert "ended" in refused
    events = await releases.run("history")
    assert re.findall(r"paused|rolled_back", events) == ["paused", "rolled_back"]

    database = await asyncpg.connect(settings["DATABASE_URL"])
    try:
        await database.execute("ALTER TABLE release_events DISABLE TRIGGER USER")
        await database.execute("UPDATE release_events SET reason = 'x' WHERE kind = 'paused'")
    finally:
        await database.close()
    broken = await releases.run("verify", code=1)
    assert re.search(r"entry \d+ of the record: it was changed", broken)


def test_every_problem_of_a_plan_is_named(home: Path) -> None:
    (home / "plan.toml").write_text('stages = [50, 10]\ndwel = "1d"\nbake = "soon"\n')

    checked = command("release", "plan-check", "plan.toml", cwd=home)

    assert checked.returncode == 1
    assert len(checked.stderr.splitlines()) >= 2
    assert "dwell" in checked.stderr
