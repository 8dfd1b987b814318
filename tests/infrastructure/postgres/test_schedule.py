"""Publishing what is due: once, by whoever comes first, by the database's clock."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from serinus.application.content.ports import Slugs
from serinus.domain.content.post import Post, PostId, Status
from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.posts import PostgresPosts
from serinus.infrastructure.postgres.schedule import (
    AT_ONCE,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    PostgresSchedule,
)
from tests.support.content import a_post, add_author, terms

VERSIONS = "SELECT version, changed_via, count(*) FROM posts GROUP BY 1, 2 ORDER BY 1, 2"


@pytest.fixture
async def posts(pool: asyncpg.Pool) -> PostgresPosts:
    await add_author(pool)
    return PostgresPosts(pool)


async def scheduled(posts: PostgresPosts, *, ahead: float) -> Post:
    """Due in `ahead` seconds, which may be negative."""
    now = datetime.now(UTC)
    post = a_post(created_at=now).scheduled(now + timedelta(seconds=ahead), at=now)
    return await posts.add(post, Slugs("p", exact=False), tags=terms("a"), categories=[])


async def test_what_is_due_is_published_with_the_date_it_was_to_have(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    due, later = await scheduled(posts, ahead=-1), await scheduled(posts, ahead=60)

    wait = await PostgresSchedule(pool).publish_due()

    shown = await posts.get(due.id)
    assert (shown.status, shown.published_at) == (Status.PUBLISHED, due.scheduled_at)
    assert (shown.scheduled_at, shown.version) == (None, 2)
    assert shown.updated_at > due.updated_at
    assert await posts.get(later.id) == later
    assert wait == LONGEST_WAIT
    assert await pool.fetchval("SELECT usage_count FROM tags") == 1


async def test_it_waits_no_longer_than_until_the_next_one_is_due(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    schedule = PostgresSchedule(pool)
    assert await schedule.publish_due() == LONGEST_WAIT

    await scheduled(posts, ahead=0.4)

    assert SHORTEST_WAIT <= await schedule.publish_due() <= 0.4


async def test_many_at_the_same_time_are_shared_and_published_once(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    for _ in range(3 * AT_ONCE):
        await scheduled(posts, ahead=-1)

    waits = await asyncio.gather(*(PostgresSchedule(pool).publish_due() for _ in range(9)))

    assert min(waits) == SHORTEST_WAIT
    while await PostgresSchedule(pool).publish_due() < LONGEST_WAIT:
        pass
    assert [tuple(row) for row in await pool.fetch(VERSIONS)] == [(2, "schedule", 3 * AT_ONCE)]


async def test_a_post_that_somebody_holds_holds_up_no_other(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    held, free = await scheduled(posts, ahead=-2), await scheduled(posts, ahead=-1)
    schedule = PostgresSchedule(pool)

    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM posts WHERE id = $1 FOR UPDATE", held.id)
        assert await schedule.publish_due() == SHORTEST_WAIT
        assert await status(pool, free.id) == "published"

    await schedule.publish_due()
    assert await status(pool, held.id) == "published"


async def test_a_deleted_post_stays_away(posts: PostgresPosts, pool: asyncpg.Pool) -> None:
    post = await scheduled(posts, ahead=-1)
    await posts.save(post.deleted(at=post.updated_at))

    await PostgresSchedule(pool).publish_due()

    assert await status(pool, post.id) == "scheduled"


async def test_a_database_that_is_away_is_unavailable(pool: asyncpg.Pool) -> None:
    pool.terminate()

    with pytest.raises(Unavailable):
        await PostgresSchedule(pool).publish_due()


async def test_what_is_due_is_found_by_its_index(pool: asyncpg.Pool) -> None:
    plan = await pool.fetch(
        """
        EXPLAIN SELECT id FROM posts
         WHERE status = 'scheduled' AND deleted_at IS NULL AND scheduled_at <= now()
         ORDER BY scheduled_at, id LIMIT 10
        """
    )

    assert "posts_due" in str(plan)


async def status(pool: asyncpg.Pool, post_id: PostId) -> object:
    return await pool.fetchval("SELECT status FROM posts WHERE id = $1", post_id)
