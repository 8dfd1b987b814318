"""Batches beside other batches: none fails for having met another one."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.batching import Batching, BatchRefused, Operation
from serinus.application.content.editing import Changes, Editing
from serinus.domain.content.post import Post, Text
from serinus.domain.content.slug import SlugTaken
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.infrastructure.postgres.test_posts_concurrency import MISDATED, RECOUNTED, USAGE
from tests.support.content import NOON, a_caller, add_author

AUTHOR = a_caller()
TEXT = Text(title="Song", content="la")


@pytest.fixture
async def batching(pool: asyncpg.Pool) -> Batching:
    await add_author(pool)
    posts = PostgresPosts(pool)
    later = NOON + timedelta(hours=1)
    return Batching(Editing(posts, now=lambda: later, new_id=uuid7), posts)


def creation(slug: str, *tags: str) -> Operation:
    async def create(editing: Editing) -> Post:
        return await editing.create(AUTHOR, TEXT, slug=slug, tags=tags, publish=True)

    return Operation(None, create)


def retagging(post: Post, *tags: str) -> Operation:
    async def retag(editing: Editing) -> Post:
        return await editing.change(AUTHOR, post.id, Changes(tags=tags))

    return Operation(post.id, retag)


async def test_batches_over_the_same_posts_in_opposite_order_are_all_done(
    batching: Batching, pool: asyncpg.Pool
) -> None:
    posts = await batching.all_or_none([creation(f"p{n}", "a", "b") for n in range(5)])
    tags = ["c++", "鳥", "b", "a"]

    await asyncio.gather(
        *(
            batching.all_or_none(
                [
                    retagging(post, tags[(number + at) % 4], f"t{number}")
                    for at, post in enumerate(posts[:: 1 if number % 2 else -1])
                ]
            )
            for number in range(8)
        )
    )

    assert {row["version"] for row in await pool.fetch("SELECT version FROM posts")} == {9}
    assert await pool.fetchval("SELECT count(*) FROM post_revisions") == 40
    assert await pool.fetch(USAGE) == await pool.fetch(RECOUNTED)
    assert await pool.fetch(MISDATED) == []


async def test_batches_that_want_the_same_new_tags_in_opposite_order_are_all_done(
    batching: Batching, pool: asyncpg.Pool
) -> None:
    names = [f"tag {number}" for number in range(6)]

    await asyncio.gather(
        *(
            batching.all_or_none(
                [creation("", name) for name in (names if number % 2 else reversed(names))]
            )
            for number in range(6)
        )
    )

    assert await pool.fetchval("SELECT count(*) FROM posts") == 36
    assert await pool.fetch(USAGE) == await pool.fetch(RECOUNTED)
    assert await pool.fetchval("SELECT count(*) FROM tags WHERE usage_count = 6") == 6


async def test_of_batches_that_want_the_same_slugs_one_is_done_and_the_others_are_not(
    batching: Batching, pool: asyncpg.Pool
) -> None:
    async def attempt(*slugs: str) -> Any:
        try:
            return await batching.all_or_none([creation(slug, slug) for slug in slugs])
        except BatchRefused as refused:
            return refused

    found = await asyncio.gather(*(attempt("a", "b"), attempt("b", "a"), attempt("b", "a")))

    refused = [each for each in found if isinstance(each, BatchRefused)]
    assert [type(each.cause) for each in refused] == [SlugTaken, SlugTaken]
    assert [row["slug"] for row in await pool.fetch("SELECT slug FROM posts ORDER BY 1")] == [
        "a",
        "b",
    ]
    assert await pool.fetch(USAGE) == await pool.fetch(RECOUNTED)


async def test_a_batch_does_not_wait_for_a_second_connection(
    batching: Batching, database_url: str
) -> None:
    pool = await open_pool(database_url, size=1)
    posts = PostgresPosts(pool)
    alone = Batching(Editing(posts, now=lambda: NOON, new_id=uuid7), posts)

    written = await alone.all_or_none([creation("a", "a"), creation("b", "b")])
    await alone.all_or_none([retagging(post, "c") for post in written])

    assert len(written) == 2
    await pool.close()
