"""The ground the other tests stand on."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_has_an_empty_database(pool: asyncpg.Pool, turn: str) -> None:
    assert await pool.fetchval("SELECT count(*) FROM tags") == 0

    await pool.execute(
        "INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)"
        " VALUES (gen_random_uuid(), 'a', 'a', 'a', now(), now())"
    )


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_has_an_empty_redis(redis_url: str, turn: str) -> None:
    async with Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0

        await client.set("left", "behind")


def test_a_test_that_needs_a_server_is_marked(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    assert request.node.get_closest_marker("database")


@pytest.mark.parametrize("kind", ["postgres", "valkey"])
def test_servers_of_a_killed_run_end_and_leave_nothing(kind: str) -> None:
    code = (
        "import time\n"
        "from tests.support import embedded\n"
        f"print(embedded.start_{kind}().folder, flush=True)\n"
        "time.sleep(600)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    users = [each for each in psutil.process_iter() if _works_in(each, folder)]
    assert users

    run.kill()
    run.communicate()

    _, alive = psutil.wait_procs(users, timeout=30)
    assert alive == []
    assert not folder.exists()


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        return Path(process.cwd()).is_relative_to(folder)
    return False
