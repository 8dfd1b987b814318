"""A worker's connection to releases breaks in whatever way: it finds another one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from serinus.domain.release.assignment import Routing, Share
from serinus.infrastructure.postgres.release_rows import LOCK
from serinus.infrastructure.settings import Settings
from serinus.wiring.releasing import Part, joined
from tests.support.proxy import Proxy
from tests.support.releasing import WHO, plan, steering
from tests.support.waiting import until

LOOKED = "SELECT max(looked_at) FROM releases"
WAITS = """
SELECT count(*) > 0 FROM pg_locks
 WHERE locktype = 'advisory' AND NOT granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass
class World:
    part: Part
    proxy: Proxy
    served: list[Routing] = field(default_factory=list)


@asynccontextmanager
async def taking_part(pool: asyncpg.Pool, url: str) -> AsyncIterator[World]:
    parts = urlsplit(url)
    async with Proxy.to(parts.hostname or "", parts.port or 5432) as proxy:
        through = parts._replace(
            netloc=f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}"
        )
        env = {"DATABASE_URL": urlunsplit(through), "SERINUS_SECRET_KEY": "x" * 40}
        served: list[Routing] = []
        async with joined(Settings.from_env(env), pool, served.append) as part:
            task = asyncio.create_task(part.take())
            try:
                yield World(part, proxy, served)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def looks_again(pool: asyncpg.Pool) -> None:
    last = await pool.fetchval(LOOKED)

    async def newer() -> bool:
        return bool(await pool.fetchval(f"SELECT ({LOOKED}) > $1", last))

    await until(newer)


@pytest.fixture
async def world(pool: asyncpg.Pool, database_url: str) -> AsyncIterator[World]:
    await steering(pool).start(plan(stages=[50, 100]), **WHO)
    async with taking_part(pool, database_url) as world:
        await looks_again(pool)
        yield world


async def test_a_connection_that_says_no_more_in_the_middle_of_a_look_is_left(
    world: World, pool: asyncpg.Pool
) -> None:
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute(LOCK)
        await until(lambda: pool.fetchval(WAITS))  # the look waits for it, in its transaction
        world.proxy.swallow()

    await looks_again(pool)

    assert world.part.node.says in {"", "heard nothing for 10 s"}


async def test_a_connection_that_breaks_is_made_again(world: World, pool: asyncpg.Pool) -> None:
    await world.proxy.come_back()  # cuts all off

    await looks_again(pool)
    await until(lambda: serves(world, 5000))


async def serves(world: World, basis_points: int) -> bool:
    return world.served[-1].share == Share(basis_points)


async def test_a_failure_of_the_judge_is_told_and_takes_no_worker_down(
    world: World, pool: asyncpg.Pool, capfd: pytest.CaptureFixture[str]
) -> None:
    await pool.execute("""UPDATE releases SET memory = '{"no": "memory"}'""")
    await until(lambda: _said(capfd, "taking part in releases failed"))

    await pool.execute("UPDATE releases SET memory = NULL")

    await looks_again(pool)


async def test_what_people_do_is_in_the_log_even_where_the_judge_fails(
    world: World, pool: asyncpg.Pool, capfd: pytest.CaptureFixture[str]
) -> None:
    await pool.execute("""UPDATE releases SET memory = '{"no": "memory"}'""")
    await until(lambda: _said(capfd, "taking part in releases failed"))

    await steering(pool).pause(actor="cli:naoko", reason="lunch")

    await until(lambda: _said(capfd, "lunch"))
    assert await pool.fetchval("SELECT count(*) FROM release_untold") == 0


async def _said(capfd: pytest.CaptureFixture[str], words: str) -> bool:
    return words in "".join(capfd.readouterr())
