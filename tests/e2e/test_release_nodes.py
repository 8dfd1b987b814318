"""Four servers of two workers each on one database: a release is one and the same for all."""

import asyncio
import os
import random
import signal
import statistics
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from time import monotonic

import asyncpg
import httpx
import pytest

from serinus.application.release.steering import Status, Steering
from serinus.domain.release.assignment import NOTHING, Arm, Share, bucket
from serinus.domain.release.phase import Phase
from serinus.domain.release.verifying import verify
from tests.e2e.conftest import Cut, Starting
from tests.support.engines import needs_engine_v1
from tests.support.releasing import WHO, add_evidence, plan, recorded, steering
from tests.support.serving import RunningServer, frozen
from tests.support.waiting import until

pytestmark = needs_engine_v1

SERVERS, WORKERS = 4, 2
KILLS = int(os.environ.get("SERINUS_TEST_KILLS", "4"))
CHANGES = 20

JUDGE = """
SELECT (regexp_match(application_name, 'judges in process (\\d+)'))[1]::int
  FROM pg_stat_activity WHERE datname = current_database()
   AND application_name LIKE 'serinus: judges%'
"""
COUNTED = """
SELECT sum(requests)::bigint FROM release_evidence
 WHERE release_id = $1 AND epoch >= $2 AND arm = 'candidate'
"""


@pytest.fixture
async def eight(starting: Starting) -> AsyncIterator[list[RunningServer]]:
    with ExitStack() as stack:
        opening = [
            asyncio.to_thread(stack.enter_context, starting(SERINUS_WORKERS=str(WORKERS)))
            for _ in range(SERVERS)
        ]
        yield list(await asyncio.gather(*opening))


async def all_serve_it(steer: Steering) -> Status:
    """Wait until eight workers have said that they serve what is in force."""

    async def agree() -> bool:
        status = await steer.status()
        nodes = [node for node in status.nodes if node.heard_ago < 5]
        return len(nodes) == SERVERS * WORKERS and all(
            node.state.epoch == status.epoch for node in nodes
        )

    await until(agree)
    return await steer.status()


async def test_a_change_of_share_is_applied_by_all_workers_within_a_second(
    eight: list[RunningServer], pool: asyncpg.Pool
) -> None:
    steer = steering(pool)
    await steer.start(plan(stages=[50, 100]), **WHO)
    taken: list[float] = []

    async def note() -> None:
        status = await all_serve_it(steer)
        taken.extend(
            node.applied_after for node in status.nodes if node.applied_after is not None
        )

    await until(lambda: pool.fetchval("SELECT share = 5000 FROM releases"))
    await note()
    for number in range(CHANGES):
        await steer.pin(f"consumer-{number}", Arm.STABLE, **WHO)
        await note()
    await steer.abort(**WHO)
    await note()

    print(  # noqa: T201 - what is promised in milliseconds is shown in them
        f"\napplied by a worker after {statistics.median(taken) * 1000:.0f} ms (median), "
        f"{max(taken) * 1000:.0f} ms (longest) of {len(taken)}"
    )
    assert len(taken) >= SERVERS * WORKERS * (CHANGES + 1)
    assert max(taken) <= 1.0
    for server in eight:
        assert await engines(server, "anybody", times=4) == {"v1"}


async def test_a_judge_that_is_killed_is_followed_by_another_who_goes_on(
    eight: list[RunningServer], pool: asyncpg.Pool
) -> None:
    steer = steering(pool)
    stages = [*range(2, 96, 9), 100]
    release = await steer.start(plan(stages=stages, gates={"last": "manual"}), **WHO)
    enough = asyncio.Event()
    feeding = asyncio.create_task(feed(pool, steer, enough))
    waits = []
    for _ in range(KILLS):
        await asyncio.sleep(random.uniform(0.0, 1.5))  # noqa: S311 - at any moment
        waits.append(await kill_judge(pool))
    await until(lambda: pool.fetchval("SELECT share = 9200 FROM releases"), patience=90)
    waits.append(await kill_judge(pool))
    enough.set()
    await feeding
    await has_looked(pool)
    await has_looked(pool)

    print(f"\nanother judge went on after {max(waits):.2f} s (longest of {len(waits)})")  # noqa: T201
    assert max(waits) <= 3.0
    events = await steer.history(release.id)
    assert verify(events) is None
    shares = [recorded(event, "to", "share") // 100 for event in events]
    assert list(dict.fromkeys(shares)) == [0, *stages[:-1]]
    epochs = await pool.fetch("SELECT epoch FROM routing_epochs ORDER BY epoch")
    assert [row["epoch"] for row in epochs] == list(range(1, len(epochs) + 1))
    # Nothing is lost, nothing counted twice.
    status = await steer.status()
    assert status.release is not None
    assert status.verdict is not None
    counted = await pool.fetchval(COUNTED, release.id, status.release.since_epoch)
    seen = [r.requests for r in status.verdict.readings if r.guardrail == "error_rate"]
    assert seen[0] == counted


async def feed(pool: asyncpg.Pool, steer: Steering, enough: asyncio.Event) -> None:
    """What both arms would have done: enough for a proof at each stage, in many pieces."""
    while not enough.is_set():
        release = (await steer.releases())[0]
        epoch = release.epoch
        if release.share > NOTHING:
            await add_evidence(pool, release.id, epoch, Arm.CANDIDATE, requests=1000)
        await add_evidence(pool, release.id, epoch, Arm.STABLE, requests=1000, stratum=255)
        await asyncio.sleep(0.05)


async def kill_judge(pool: asyncpg.Pool) -> float:
    """Give the seconds until evidence was judged again."""
    await until(lambda: pool.fetchval(JUDGE))
    os.kill(await pool.fetchval(JUDGE), signal.SIGKILL)
    began = monotonic()
    await has_looked(pool)
    return monotonic() - began


async def has_looked(pool: asyncpg.Pool) -> None:
    last = await pool.fetchval("SELECT max(looked_at) FROM releases")
    await until(lambda: pool.fetchval("SELECT max(looked_at) > $1 FROM releases", last))


async def engines(server: RunningServer, client: str, *, times: int = 1) -> set[str]:
    """Who answers that client; of what needs no database."""
    async with server.client() as http:
        answers = [
            await http.get("/api/v1/health/liveness", headers={"X-Client-ID": client})
            for _ in range(times)
        ]
    return {answer.headers["serinus-engine"] for answer in answers}


async def test_a_worker_that_hears_nothing_serves_stable_only_until_it_hears_again(
    cut: Cut,
) -> None:
    server, pool = cut.server, cut.pool
    steer = steering(pool)
    release = await steer.start(plan(stages=[50, 100]), **WHO)
    client = next(f"c{n}" for n in range(100) if bucket(release.salt, f"c{n}") < 5000)

    async def served_by_candidate() -> bool:
        return await engines(server, client) == {"v2"}

    async def served_by_stable() -> bool:
        return await engines(server, client) == {"v1"}

    await until(served_by_candidate)
    async with traffic(server) as counted:
        await until(lambda: enough(counted, 200))
        with frozen(cut.data):
            began = monotonic()
            await until(served_by_stable)
            fell = monotonic() - began
        await until(served_by_candidate)
        for _ in range(5):  # what failed is looked at
            await has_looked(pool)

    print(f"\nstable only after {fell:.1f} s without the database: {dict(counted)}")  # noqa: T201
    assert counted[503] > 0
    assert 8.0 <= fell <= 13.0  # since it was heard of last
    assert "heard nothing for 10 s" in server.said
    status = await steer.status()
    assert status.release is not None
    assert (status.release.phase, status.share) == (Phase.RAMPING, Share(5000))
    assert [node.state.says for node in status.nodes] == [""]
    assert verify(await steer.history()) is None


async def enough(counted: Counter[int], requests: int) -> bool:
    return counted[200] >= requests


@asynccontextmanager
async def traffic(server: RunningServer) -> AsyncIterator[Counter[int]]:
    """Many consumers, who ask for what the database knows."""
    counted: Counter[int] = Counter()

    async def ask(http: httpx.AsyncClient, name: str) -> None:
        while True:
            answer = await http.get("/api/v1/health", headers={"X-Client-ID": name})
            counted[answer.status_code] += 1

    async with server.client() as http, asyncio.TaskGroup() as consumers:
        tasks = [consumers.create_task(ask(http, f"client-{n}")) for n in range(20)]
        try:
            yield counted
        finally:
            for task in tasks:
                task.cancel()
