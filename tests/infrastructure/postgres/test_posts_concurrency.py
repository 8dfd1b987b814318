"""Many writers at once, which only the real store can show."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from serinus.application.content.ports import Slugs
from serinus.domain.content.post import Post
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.posts import PostgresPosts
from serinus.infrastructure.postgres.tags import PostgresTags
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
MISDATED = """
SELECT p.id FROM posts p
  JOIN (TABLE post_tags UNION ALL TABLE post_categories) link ON link.post_id = p.id
 WHERE link.published_at IS DISTINCT FROM
       CASE WHEN p.status = 'published' AND p.deleted_at IS NULL THEN p.published_at END
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
    assert await pool.fetch(MISDATED) == []


async def test_links_to_a_post_know_when_it_was_published(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await posts.add(
        a_post(), Slugs("same", exact=True), tags=terms("a"), categories=terms("b")
    )
    assert await pool.fetch(MISDATED) == []

    shown = await posts.save(post.published(at=NOON))
    assert await pool.fetch(MISDATED) == []
    linked = await posts.save(shown, tags=terms("a", "c"), categories=terms("d", "b"))
    assert await pool.fetch(MISDATED) == []
    moved = await posts.save(replace(linked, published_at=NOON + timedelta(days=1)))
    assert await pool.fetch(MISDATED) == []
    hidden = await posts.save(moved.unpublished(at=NOON), tags=terms("c"))
    assert await pool.fetch(MISDATED) == []
    again = await posts.save(hidden.published(at=NOON))
    await posts.save(again.deleted(at=NOON))
    assert await pool.fetch(MISDATED) == []


async def test_tagging_and_publishing_at_once_leave_no_link_undated(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    drafts = [await add(posts, "a", published=False) for _ in range(10)]
    tag = await pool.fetchval("SELECT id FROM tags")
    await pool.execute("DELETE FROM post_tags")

    await asyncio.gather(
        *(posts.save(post.published(at=NOON)) for post in drafts),
        *(
            pool.execute(
                "INSERT INTO post_tags (post_id, tag_id, position) VALUES ($1, $2, 0)",
                post.id,
                tag,
            )
            for post in drafts
        ),
    )

    assert await pool.fetch(MISDATED) == []
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


async def test_tags_deleted_and_merged_under_writers_leave_nothing_behind(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    tags = PostgresTags(pool)
    drafts = [await add(posts, "a", "b", "c", published=False) for _ in range(10)]
    a, b, _ = [await tags.get(tag.id) for tag in drafts[0].tags]

    await asyncio.gather(
        *(posts.save(post.published(at=NOON), tags=terms("c", "a")) for post in drafts),
        tags.merge(a, b.id),
        tags.delete((await tags.get(drafts[0].tags[2].id)).id, 1),
    )

    assert await pool.fetch(USAGE) == await pool.fetch(RECOUNTED)
    assert await pool.fetch(MISDATED) == []
