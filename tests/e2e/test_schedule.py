"""Scheduled posts appear on time, once, whichever server is killed or stands still."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

import asyncpg
import psutil

from serinus.application.content.ports import Slugs
from serinus.domain.content.post import Post
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.e2e.conftest import Starting
from tests.support.content import a_post, add_author
from tests.support.measured import MEASURED
from tests.support.serving import RunningServer
from tests.support.waiting import until

POSTS = 50
FIRST_AFTER, APART = 2.0, 0.12  # seconds
LATEST = 1.0  # seconds

LEFT = "SELECT count(*) FROM posts WHERE status = 'scheduled'"
# By the database's clock alone: when it was written, and when it was to be.
LATE = """
SELECT extract(epoch FROM p.updated_at - p.published_at)::float AS late, p.version,
       p.published_at, p.changed_via,
       (SELECT count(*) FROM post_revisions r WHERE r.post_id = p.id) AS revisions,
       (SELECT count(*) FROM audit_log a
         WHERE a.entity_id = p.id AND a.via = 'schedule' AND a.version = 2) AS entries
  FROM posts p ORDER BY p.published_at
"""


async def test_every_post_appears_once_within_a_second_of_its_time(
    starting: Starting, pool: asyncpg.Pool, record_property: Callable[[str, object], None]
) -> None:
    with ExitStack() as stack:
        killed, stopped, _ = [stack.enter_context(starting()) for _ in range(3)]
        posts = await schedule(pool)
        await until(lambda: fewer_left(pool, POSTS * 2 // 3))
        workers = psutil.Process(killed.process.pid).children(recursive=True)
        for each in [psutil.Process(killed.process.pid), *workers]:
            each.kill()
        with standing_still(stopped):
            await until(lambda: fewer_left(pool, POSTS // 4))
        await until(lambda: fewer_left(pool, 1))

    rows = await pool.fetch(LATE)
    late = [row["late"] for row in rows]
    record_property(
        MEASURED, f"late by {median(late):.3f} s (median), {max(late):.3f} s (most)"
    )
    assert [row["published_at"] for row in rows] == [post.scheduled_at for post in posts]
    assert {(row["version"], row["revisions"], row["entries"]) for row in rows} == {(2, 1, 1)}
    assert {row["changed_via"] for row in rows} == {"schedule"}
    assert min(late) >= 0
    assert max(late) < LATEST


async def schedule(pool: asyncpg.Pool) -> list[Post]:
    await add_author(pool)
    posts = PostgresPosts(pool)
    now: datetime = await pool.fetchval("SELECT now()")
    times = [
        now.astimezone(UTC) + timedelta(seconds=FIRST_AFTER + number * APART)
        for number in range(POSTS)
    ]
    return [
        await posts.add(
            a_post(created_at=now).scheduled(at, at=now),
            Slugs("p", exact=False),
            tags=[],
            categories=[],
        )
        for at in times
    ]


async def fewer_left(pool: asyncpg.Pool, than: int) -> bool:
    return bool(await pool.fetchval(LEFT) < than)


@contextmanager
def standing_still(server: RunningServer) -> Iterator[None]:
    parent = psutil.Process(server.process.pid)
    family = [parent, *parent.children(recursive=True)]
    for each in family:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in family:
            each.send_signal(signal.SIGCONT)
