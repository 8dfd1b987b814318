"""A drill on real servers: the proof that a bad candidate is taken back, touching nobody."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from serinus.domain.release.phase import Phase
from tests.e2e.conftest import Starting
from tests.support.engines import needs_engine_v1
from tests.support.releasing import WHO, plan, recorded, steering
from tests.support.serving import (
    SECRET,
    RunningServer,
    command,
    environment,
    hears_interrupts,
)
from tests.support.waiting import until

pytestmark = needs_engine_v1

DRILL = "SELECT count(*) > 0 FROM releases WHERE share > 0"


@pytest.fixture
def two(starting: Starting) -> Iterator[list[RunningServer]]:
    """Servers, of which clients are limited as they are in production."""
    with ExitStack() as stack:
        limited = {"SERINUS_RATE_LIMIT": "100"}
        yield [
            stack.enter_context(starting(SERINUS_WORKERS="2", **limited)),
            stack.enter_context(starting(SERINUS_CANARY_KEY="request", **limited)),
        ]


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}


def urls(servers: list[RunningServer]) -> list[str]:
    return [word for server in servers for word in ("--url", server.address)]


async def drill(home: Path, settings: dict[str, str], *words: str) -> dict[str, Any]:
    done = await asyncio.to_thread(
        command, "release", "drill", "--json", *words, cwd=home, **settings
    )
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if told["passed"] else 1)
    return told


async def test_a_drill_proves_that_a_bad_candidate_is_taken_back_and_touches_nobody(
    two: list[RunningServer], home: Path, settings: dict[str, str], pool: asyncpg.Pool
) -> None:
    steer = steering(pool)
    before = await steer.status()
    for fault, seconds in (("errors", 5), ("latency", 20)):
        told = await drill(home, settings, "--fault", fault, *urls(two))

        steps = {step["name"]: step for step in told["steps"]}
        print("".join(f"\n{each['name']}: {each['detail']}" for each in told["steps"]))  # noqa: T201 - the numbers it promises
        assert told["passed"], told
        assert steps["every worker takes part"]["numbers"] == {"workers": 3}
        taken_back = steps["it is taken back"]["numbers"]
        assert taken_back["decided_after"] < seconds
        assert taken_back["applied_after"] <= 1
        assert taken_back["failed"] == 0  # every read was rescued
        assert steps["nobody else noticed"]["numbers"]["requests"] > 50

    after = await steer.status()
    assert (after.share, after.source, after.release) == (before.share, before.source, None)
    assert after.epoch > before.epoch
    drills = await steer.releases()
    assert [each.phase for each in drills] == [Phase.ROLLED_BACK] * 2
    release = await steer.start(plan(baseline="1h"), **WHO)  # and nothing has to cool down
    assert release.salt not in {each.salt for each in drills}


async def test_no_drill_while_a_release_runs(
    home: Path, settings: dict[str, str], pool: asyncpg.Pool
) -> None:
    release = await steering(pool).start(plan(baseline="1h"), **WHO)

    refused = await asyncio.to_thread(command, "release", "drill", cwd=home, **settings)

    assert refused.returncode == 1
    assert "a release runs, and a drill would disturb it" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert await steering(pool).releases() == [release]


async def test_a_drill_that_is_broken_off_ends_its_release(
    starting: Starting, home: Path, settings: dict[str, str], pool: asyncpg.Pool
) -> None:
    with starting() as server:
        for asked in (signal.SIGINT, signal.SIGTERM):
            await is_broken_off(asked, server, home, settings, pool)


async def is_broken_off(
    asked: signal.Signals,
    server: RunningServer,
    home: Path,
    settings: dict[str, str],
    pool: asyncpg.Pool,
) -> None:
    words = [sys.executable, "-m", "serinus", "release", "drill", "--url", server.address]
    process = await asyncio.to_thread(
        subprocess.Popen,
        words,
        cwd=home,
        env=environment(**settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=hears_interrupts,
    )
    await until(lambda: pool.fetchval(DRILL))

    process.send_signal(asked)
    _, said = await asyncio.to_thread(process.communicate)

    assert process.returncode != 0
    assert b"Traceback" not in said
    assert (await steering(pool).releases())[0].phase is Phase.ABORTED
    assert (await steering(pool).status()).release is None


async def test_who_cannot_be_reached_is_told_of_and_nothing_begins(
    home: Path, settings: dict[str, str], pool: asyncpg.Pool
) -> None:
    refused = await asyncio.to_thread(
        command, "release", "drill", "--url", "http://127.0.0.1:9", cwd=home, **settings
    )

    assert refused.returncode == 1
    assert refused.stderr == "serinus: no answer from http://127.0.0.1:9: ConnectError\n"
    assert await steering(pool).releases() == []


async def test_a_drill_with_wrong_answers_is_stopped_before_the_next_stage(
    starting: Starting, home: Path, settings: dict[str, str], pool: asyncpg.Pool
) -> None:
    with starting(SERINUS_RATE_LIMIT="100") as server:
        told = await drill(home, settings, "--fault", "difference", "--url", server.address)

    print("".join(f"\n{each['name']}: {each['detail']}" for each in told["steps"]))  # noqa: T201 - the numbers it promises
    assert told["passed"], told
    found = {step["name"]: step for step in told["steps"]}["the gate stays closed"]
    assert "answers differ on /api/v1/health" in found["detail"]
    (release,) = await steering(pool).releases()
    assert release.phase is Phase.ABORTED
    shares = [
        recorded(event, "to", "share") for event in await steering(pool).history(release.id)
    ]
    assert (shares[0], max(shares), shares[-1]) == (0, 5000, 0)
