"""What went wrong elsewhere, where it takes a running server to see it."""

import asyncpg
import psutil
from rich.console import Console

from serinus.application.release.steering import Status
from serinus.domain.release.assignment import NOTHING, Share
from serinus.presentation.cli.release_view import screen
from tests.e2e.conftest import Starting
from tests.support.engines import needs_engine_v1
from tests.support.releasing import WHO, plan, steering
from tests.support.waiting import until

pytestmark = needs_engine_v1


def text(status: Status) -> str:
    console = Console(width=160, color_system=None)
    with console.capture() as shown:
        console.print(screen(status))
    return shown.get()


async def test_a_worker_that_did_not_apply_the_share_is_seen_and_not_believed(
    starting: Starting, pool: asyncpg.Pool
) -> None:
    steer = steering(pool)
    with starting(SERINUS_WORKERS="2"):
        await until(lambda: in_epoch(pool, workers=2))
        workers = {node.state.pid for node in await steer.nodes.seen()}
        (pid,) = workers - {await judge(pool)}
        standing = psutil.Process(pid)
        standing.suspend()
        try:
            await steer.start(plan(stages=[0.05, 100], dwell="1h"), **WHO)
            await until(lambda: pool.fetchval("SELECT share = 5 FROM releases"))
            await until(lambda: in_epoch(pool, workers=1))
            status = await steer.status()
        finally:
            standing.resume()
        await until(lambda: in_epoch(pool, workers=2))
        later = await steer.status()

    seen = {node.state.pid: node for node in status.nodes}
    left, other = seen.pop(standing.pid), next(iter(seen.values()))
    assert (status.share, other.state.share) == (
        Share(5),
        Share(5),
    )  # below one percent, exactly
    assert (left.state.share, left.state.epoch < status.epoch) == (NOTHING, True)
    assert left.heard_ago > other.heard_ago
    assert f"does not serve epoch {status.epoch}" in text(status)
    assert "does not serve" not in text(later)
    assert {node.state.share for node in later.nodes} == {Share(5)}


async def judge(pool: asyncpg.Pool) -> int:
    """The process that has been elected, and would not be heard of if it stood still."""
    query = """
        SELECT (regexp_match(application_name, 'judges in process (\\d+)'))[1]::int
          FROM pg_stat_activity WHERE datname = current_database()
           AND application_name LIKE 'serinus: judges%'
    """
    await until(lambda: pool.fetchval(query))
    return int(await pool.fetchval(query))


async def in_epoch(pool: asyncpg.Pool, *, workers: int) -> bool:
    """Whether so many serve what is in force."""
    status = await steering(pool).status()
    return [node.state.epoch for node in status.nodes].count(status.epoch) == workers
