"""The demo content: complete, within every limit, and loaded once."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.importing import Importing
from serinus.domain.content.import_comments import fit_comments
from serinus.domain.content.import_fitting import fit_post
from serinus.domain.content.imported import ImportedPost, threaded
from serinus.domain.content.post import Status
from serinus.infrastructure.demo.loading import DemoSource, load_demo
from serinus.infrastructure.postgres.importing import PostgresImports

TODAY = datetime(2030, 5, 17, 15, 30, tzinfo=UTC)
POSTS = [item for item in DemoSource(TODAY).items() if isinstance(item, ImportedPost)]


@pytest.fixture
def importing(database_url: str) -> Importing:
    return Importing(PostgresImports(database_url), lambda: TODAY, uuid7)


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post.address)
def test_every_demo_post_fits_without_a_remark(post: ImportedPost) -> None:
    assert fit_post(post, now=TODAY).notes == ()
    comments, notes = fit_comments(post.comments, date=TODAY)
    assert notes == []
    assert threaded(comments)[1] == []


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post.address)
def test_every_demo_post_says_in_which_language_it_is_and_what_it_is_about(
    post: ImportedPost,
) -> None:
    assert post.locale == post.address.partition("/")[0]
    assert post.title
    assert post.slug
    assert post.author
    assert post.excerpt
    assert len(post.content) > 150


def test_no_two_demo_posts_want_the_same_slug() -> None:
    assert len({post.slug for post in POSTS}) == len(POSTS)


def test_demo_posts_are_of_the_last_hundred_days_but_for_one_that_is_to_come() -> None:
    posts = [fit_post(post, now=TODAY) for post in POSTS]

    coming = [post for post in posts if post.status is Status.SCHEDULED]
    assert len(coming) == 1
    assert all(
        timedelta() < TODAY - (post.date or TODAY) < timedelta(days=100)
        for post in posts
        if post not in coming
    )


async def test_demo_content_has_something_of_everything(
    importing: Importing, pool: asyncpg.Pool
) -> None:
    loaded = await load_demo(importing)

    assert loaded == len(POSTS) >= 30
    rows = await pool.fetch("SELECT DISTINCT status, locale, type FROM posts")
    assert {row["status"] for row in rows} == {"published", "draft", "scheduled", "archived"}
    assert {row["locale"] for row in rows} == {"en", "ja"}
    assert {row["type"] for row in rows} == {"post", "page"}
    assert await pool.fetchval("SELECT count(*) FROM users") == 5
    assert (
        await pool.fetchval("SELECT count(*) FROM categories WHERE parent_id IS NOT NULL") > 3
    )
    states = await pool.fetch("SELECT DISTINCT status FROM comments")
    assert {row["status"] for row in states} == {"approved", "pending", "spam", "rejected"}
    assert await pool.fetchval("SELECT count(*) FROM comments WHERE parent_id IS NOT NULL") > 10


async def test_demo_content_is_loaded_into_an_empty_database_alone(
    importing: Importing, pool: asyncpg.Pool
) -> None:
    await load_demo(importing)
    await pool.execute("DELETE FROM posts WHERE slug <> 'about'")

    assert await load_demo(importing) == 0
    assert await pool.fetchval("SELECT count(*) FROM posts") == 1


async def test_nodes_that_start_together_load_the_demo_content_once(
    importing: Importing, pool: asyncpg.Pool
) -> None:
    loaded = await asyncio.gather(*(load_demo(importing) for _ in range(3)))

    assert max(loaded) == len(POSTS)
    assert await pool.fetchval("SELECT count(*) FROM posts") == len(POSTS)
    assert await pool.fetchval("SELECT max(version) FROM posts") == 1
