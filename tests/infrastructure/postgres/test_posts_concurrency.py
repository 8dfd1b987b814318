"""Many writers at once, which only the real store can show."""

import asyncio
import random
from dataclasses import replace

import asyncpg
import pytest

from serinus.application.content.ports import Slugs
from serinus.domain.content.post import Post
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.support.content import NOON, a_post, add_author, terms

USAGE = "SELECT name, usage_count FROM tags ORDER BY name"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
RECOUNTED = """
SELECT t.name, count(p.id)
  FROM tags t
  LEFT JOIN post_tags pt ON pt.tag_id = t.id
  LEFT JOIN posts p ON p.id = pt.post_id AND p.status = 'published' AND p.deleted_at IS NULL
 GROUP BY t.name ORDER BY t.name
"""


@pytest.fixture
async def posts(pool: asyncpg.Pool) -> PostgresPosts:
    await add_author(pool)
    return PostgresPosts(pool)


async def add(
    posts: PostgresPosts, *tags: str, slug: str = "same", published: bool = True
) -> Post:
    post = a_post().published(at=NOON) if published else a_post()
    return await posts.add(post, Slugs(slug, exact=False), tags=terms(*tags), categories=[])


async def test_twenty_posts_with_the_same_new_tags_and_title_all_succeed(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    names = ["c++", "c#", "c", "++", "b", "a", "鳥", "c%1"]
    orders = [random.sample(names, len(names)) for _ in range(20)]

    added = await asyncio.gather(*(add(posts, *order) for order in orders))

    assert len({post.slug for post in added}) == 20
    assert [[tag.name for tag in post.tags] for post in added] == orders
    assert await pool.fetch(USAGE) == await pool.fetch(RECOUNTED)
    assert await pool.fetchval("SELECT count(*) FROM tags WHERE usage_count = 20") == 8


async def test_of_two_writers_of_one_version_one_wins(posts: PostgresPosts) -> None:
    post = await add(posts, "a")
    writes = [posts.save(post, tags=terms("x") if n % 2 else None) for n in range(10)]

    outcomes = await asyncio.gather(*writes, return_exceptions=True)

    assert sum(isinstance(outcome, Post) for outcome in outcomes) == 1
    assert [o.version for o in outcomes if isinstance(o, Stale)] == [2] * 9


async def test_tags_swapped_and_published_at_once_are_counted_right(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    first = await add(posts, "a", "b", published=False)
    second = await add(posts, "c", "d")

    await asyncio.gather(
        posts.save(first.published(at=NOON), tags=terms("c", "a")),
        posts.save(second, tags=terms("b", "new")),
        posts.save((await add(posts, "d", "b")).unpublished(at=NOON), tags=terms("d", "new")),
    )

    assert await pool.fetch(USAGE) == await pool.fetch(RECOUNTED)


async def test_a_title_used_a_thousand_times_still_finds_a_slug(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts)
    await pool.execute(
        """
        INSERT INTO slugs (slug, post_id, created_at)
        SELECT 'same-' || n, $1, $2 FROM generate_series(2, 1000) n
        """,
        post.id,
        NOON,
    )

    assert (await add(posts)).slug == "same-1001"


async def test_reading_to_edit_locks_nothing(posts: PostgresPosts, pool: asyncpg.Pool) -> None:
    post = await add(posts)
    async with pool.acquire() as writer, writer.transaction():
        await writer.execute("SELECT FROM posts WHERE id = $1 FOR UPDATE", post.id)

        assert await asyncio.wait_for(posts.get(post.id), 5) == post


async def test_losing_the_race_for_a_term_leaves_nothing_behind(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts, "a")
    async with pool.acquire() as other, other.transaction():
        await other.execute(
            """
            INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)
            VALUES (gen_random_uuid(), 'raced', 'raced', 'raced', $1, $1)
            """,
            NOON,
        )
        adding = asyncio.create_task(add(posts, "raced", slug="late"))
        saving = asyncio.create_task(posts.save(post, tags=terms("raced")))
        await _until_waiting(pool, 2)

    added, saved = await asyncio.gather(adding, saving)

    assert added.slug == "late"
    assert added.tags == saved.tags
    assert replace(saved, tags=()) == replace(post, tags=(), version=2)


async def _until_waiting(pool: asyncpg.Pool, writers: int) -> None:
    async with asyncio.timeout(10):
        while await pool.fetchval(WAITING) < writers:
            pass
