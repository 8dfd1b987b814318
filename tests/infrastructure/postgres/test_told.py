"""What the database tells of changes, whoever writes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.infrastructure.postgres.changes import CHANNEL
from serinus.infrastructure.postgres.connecting import connect
from tests.contract.v1.seeding import NOON, plant_post, plant_tag, put_tag
from tests.support.content import ADA, add_author
from tests.support.waiting import until

Told = Callable[[], Awaitable[set[str]]]

CATEGORY = """
INSERT INTO categories (id, name, slug, created_at, updated_at)
SELECT $1, 'Birds', 'birds', now(), now()
"""
COMMENT = """
INSERT INTO comments (id, post_id, author_name, content, status, created_at, updated_at)
VALUES ($1, $2, 'Bo', 'Sings.', $3, now(), now())
"""
WAITING = """
SELECT count(*) > 0 FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
POSTS = """
WITH ids AS (SELECT gen_random_uuid() AS id FROM generate_series(1, $2::integer)), made AS (
    INSERT INTO posts (id, author_id, slug, title, content, status, published_at,
                       created_at, updated_at)
    SELECT id, $1, id::text, 'One of many', 'x', $3, CASE $3 WHEN 'published' THEN now() END,
           now(), now() FROM ids
)
INSERT INTO slugs (slug, post_id, created_at) SELECT id::text, id, now() FROM ids
"""


@pytest.fixture
async def told(pool: asyncpg.Pool, database_url: str) -> AsyncIterator[Told]:
    """What was told since the last time."""
    await add_author(pool)
    payloads: list[str] = []
    listener = await connect(database_url)
    await listener.add_listener(CHANNEL, lambda *given: payloads.append(str(given[3])))

    async def ask() -> set[str]:
        await listener.fetchval("SELECT true")  # what was told comes before the answer
        tags = " ".join(payloads).split()
        payloads.clear()
        return set(tags)

    yield ask
    await listener.close()


@pytest.fixture
async def post(pool: asyncpg.Pool, told: Told) -> UUID:
    found = await plant_post(pool, ADA.id)
    await told()
    return found


@pytest.fixture
async def draft(pool: asyncpg.Pool, told: Told) -> UUID:
    return await plant_post(pool, ADA.id, status="draft")


async def test_a_new_post_changes_lists_alone(pool: asyncpg.Pool, told: Told) -> None:
    await plant_post(pool, ADA.id)

    assert await told() == {"list:posts"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET title = 'Another' WHERE id = $1",
        "UPDATE posts SET featured_image = NULL WHERE id = $1",
    ],
)
async def test_a_change_of_a_public_post_is_told(
    pool: asyncpg.Pool, told: Told, post: UUID, change: str
) -> None:
    await pool.execute(change, post)

    assert await told() == {f"post:{post}", "list:posts"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET deleted_at = now() WHERE id = $1",
        "UPDATE posts SET status = 'archived' WHERE id = $1",
        "UPDATE posts SET status = 'draft', published_at = NULL WHERE id = $1",
        "DELETE FROM posts WHERE id = $1",
    ],
)
async def test_what_is_hidden_takes_its_comments_along(
    pool: asyncpg.Pool, told: Told, post: UUID, change: str
) -> None:
    await pool.execute(change, post)

    assert await told() == {f"post:{post}", f"comments:{post}", "list:posts"}


async def test_publishing_is_told(pool: asyncpg.Pool, told: Told, draft: UUID) -> None:
    await pool.execute(
        "UPDATE posts SET status = 'published', published_at = now() WHERE id = $1", draft
    )

    assert await told() == {f"post:{draft}", f"comments:{draft}", "list:posts"}


async def test_of_a_draft_nothing_is_told(pool: asyncpg.Pool, told: Told, draft: UUID) -> None:
    category = uuid7()
    tag = await plant_tag(pool, "jazz", "jazz")
    await pool.execute(CATEGORY, category)
    await told()

    await pool.execute("UPDATE posts SET title = 'Another' WHERE id = $1", draft)
    await put_tag(pool, draft, tag)
    await pool.execute("INSERT INTO post_categories VALUES ($1, $2, 0)", draft, category)
    await pool.execute("DELETE FROM post_tags WHERE post_id = $1", draft)
    await pool.execute("UPDATE posts SET deleted_at = now() WHERE id = $1", draft)

    assert await told() == set()


async def test_what_a_post_carries_is_told(pool: asyncpg.Pool, told: Told, post: UUID) -> None:
    category, tag = uuid7(), await plant_tag(pool, "jazz", "jazz")
    await pool.execute(CATEGORY, category)
    await told()

    await put_tag(pool, post, tag)
    assert await told() == {f"post:{post}", "list:posts", f"tag-usage:{tag}", "list:tags"}

    await pool.execute("UPDATE post_tags SET position = 3 WHERE post_id = $1", post)
    assert await told() == {f"post:{post}", "list:posts"}

    await pool.execute("DELETE FROM post_tags WHERE post_id = $1", post)
    assert await told() == {f"post:{post}", "list:posts", f"tag-usage:{tag}", "list:tags"}

    await pool.execute("INSERT INTO post_categories VALUES ($1, $2, 0)", post, category)
    assert await told() == {f"post:{post}", "list:posts"}

    await pool.execute("DELETE FROM categories WHERE id = $1", category)
    assert await told() == {
        f"post:{post}",
        "list:posts",
        f"category:{category}",
        "list:categories",
    }


async def test_a_name_changes_the_lists_of_posts_as_well(
    pool: asyncpg.Pool, told: Told
) -> None:
    category, tag = uuid7(), await plant_tag(pool, "jazz", "jazz")
    await pool.execute(CATEGORY, category)
    assert await told() == {"list:categories", "list:tags"}

    await pool.execute("UPDATE tags SET name = 'Jazz' WHERE id = $1", tag)
    assert await told() == {f"tag:{tag}", "list:tags", "list:posts"}

    await pool.execute("UPDATE categories SET slug = 'b' WHERE id = $1", category)
    assert await told() == {f"category:{category}", "list:categories", "list:posts"}

    await pool.execute("UPDATE users SET last_name = 'King' WHERE id = $1", ADA.id)
    assert await told() == {f"user:{ADA.id}", "list:posts"}

    await pool.execute("DELETE FROM tags WHERE id = $1", tag)
    assert await told() == {f"tag:{tag}", "list:tags"}


async def test_signing_in_is_not_told(pool: asyncpg.Pool, told: Told) -> None:
    await pool.execute("UPDATE users SET last_login = now(), password_hash = NULL")

    assert await told() == set()


async def test_a_comment_is_told_once_everybody_sees_it(
    pool: asyncpg.Pool, told: Told, post: UUID
) -> None:
    comment = uuid7()
    await pool.execute(COMMENT, comment, post, "pending")
    assert await told() == set()

    await pool.execute("UPDATE comments SET status = 'approved' WHERE id = $1", comment)
    assert await told() == {f"comments:{post}"}

    await pool.execute("UPDATE comments SET deleted_at = now() WHERE id = $1", comment)
    assert await told() == {f"comments:{post}"}

    await pool.execute(COMMENT, uuid7(), post, "approved")
    assert await told() == {f"comments:{post}"}


async def test_a_former_address_that_is_taken_away_is_told(
    pool: asyncpg.Pool, told: Told, post: UUID
) -> None:
    await pool.execute("INSERT INTO slugs VALUES ('old', $1, $2)", post, NOON)
    assert await told() == set()

    await pool.execute("DELETE FROM slugs WHERE slug = 'old'")
    assert await told() == {f"post:{post}"}


async def test_what_does_not_happen_is_not_told(
    pool: asyncpg.Pool, told: Told, post: UUID
) -> None:
    connection: Any
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE posts SET title = 'Another' WHERE id = $1", post)
        assert await told() == set()
        await transaction.rollback()

    assert await told() == set()


async def test_many_changes_are_told_in_several_pieces(pool: asyncpg.Pool, told: Told) -> None:
    await pool.execute(POSTS, ADA.id, 400, "published")
    assert await told() == {"list:posts"}

    await pool.execute("UPDATE posts SET title = 'Another'")
    assert len(await told()) == 401


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET title = 'Another'",
        "UPDATE posts SET deleted_at = now()",
        "DELETE FROM posts",
        "TRUNCATE posts CASCADE",
        "INSERT INTO post_tags SELECT p.id, t.id, 0 FROM posts p, tags t",
    ],
)
async def test_too_many_changes_are_everything(
    pool: asyncpg.Pool, told: Told, change: str
) -> None:
    await plant_tag(pool, "jazz", "jazz")
    await pool.execute(POSTS, ADA.id, 502, "published")
    await told()

    await pool.execute(change)

    assert "*" in await told()


async def test_a_tag_given_while_somebody_publishes_is_told(
    pool: asyncpg.Pool, told: Told, draft: UUID
) -> None:
    tag = await plant_tag(pool, "jazz", "jazz")
    publisher: Any
    tagger: Any
    async with pool.acquire() as publisher, pool.acquire() as tagger:
        publishing = publisher.transaction()
        await publishing.start()
        await publisher.execute(
            "UPDATE posts SET status = 'published', published_at = now() WHERE id = $1", draft
        )
        async with tagger.transaction():
            tagging = asyncio.create_task(put_tag(tagger, draft, tag))
            await until(lambda: pool.fetchval(WAITING))
            await publishing.commit()
            await tagging
            # What has been told so far is of the one that published.
            await told()

    assert f"post:{draft}" in await told()
