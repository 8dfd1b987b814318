"""Made-up content in a database: whole, countable, and added to by the next call."""

from datetime import UTC, datetime

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.import_ports import ImportRunning
from serinus.application.content.ports import Slugs
from serinus.infrastructure.generated.population import Size
from serinus.infrastructure.postgres.generating import PostgresGeneration
from serinus.infrastructure.postgres.importing import PostgresImports
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.support.content import a_post, add_author

SIZE = Size(authors=5, tags=40, categories=8, comments=0.5)
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


async def generate(pool: asyncpg.Pool, posts: int = 1, seed: int = 1) -> list[int]:
    added: list[int] = []
    generation = PostgresGeneration(pool)
    await generation.add(posts, SIZE, seed=seed, at=NOW, on_progress=added.append)
    return added


async def count(pool: asyncpg.Pool, table: str) -> int:
    return int(await pool.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608


async def test_batches_add_up_to_what_is_wanted(pool: asyncpg.Pool) -> None:
    added = await generate(pool, 1_200)

    assert sorted(added) == [200, 1_000]
    assert await count(pool, "posts") == await count(pool, "slugs") == 1_200


async def test_triggers_leave_nothing_to_correct(pool: asyncpg.Pool) -> None:
    """Counters, what lists are read off, and what is searched."""
    await generate(pool, 300)

    wrong = await pool.fetch(
        """
        SELECT t.name FROM tags t WHERE usage_count <> (
            SELECT count(*) FROM post_tags pt JOIN posts p ON p.id = pt.post_id
             WHERE pt.tag_id = t.id AND p.status = 'published' AND p.deleted_at IS NULL)
         UNION ALL
        SELECT p.title FROM post_tags pt JOIN posts p ON p.id = pt.post_id
         WHERE pt.published_at IS DISTINCT FROM CASE
               WHEN p.status = 'published' AND p.deleted_at IS NULL THEN p.published_at END
         UNION ALL
        SELECT p.title FROM posts p
         WHERE p.status = 'published' AND p.deleted_at IS NULL
           AND NOT EXISTS (SELECT FROM search_documents d WHERE d.id = p.id)
        """
    )
    assert wrong == []


async def test_the_next_call_adds_to_it(pool: asyncpg.Pool) -> None:
    await generate(pool, 3)
    await generate(pool, 2)
    await generate(pool, 2, seed=2)

    slugs = [row["slug"].split("-")[-2:] for row in await pool.fetch("SELECT slug FROM posts")]
    assert sorted(slugs) == [
        *(["1", number] for number in "01234"),
        *(["2", number] for number in "01"),
    ]


async def test_posts_that_somebody_wrote_are_noticed(pool: asyncpg.Pool) -> None:
    generation = PostgresGeneration(pool)
    await add_author(pool)
    await generate(pool)

    assert not await generation.holds_content()

    await PostgresPosts(pool).add(a_post(), Slugs("a", exact=True), tags=[], categories=[])
    assert await generation.holds_content()


async def test_it_waits_for_no_import(pool: asyncpg.Pool, database_url: str) -> None:
    async with PostgresImports(database_url).session(dry_run=False):
        with pytest.raises(ImportRunning):
            await generate(pool)


async def test_names_that_are_taken_are_left_to_who_has_them(pool: asyncpg.Pool) -> None:
    await pool.execute(
        """INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)
           VALUES ($1, 'Canary', 'canary', 'canary', $2, $2)""",
        uuid7(),
        NOW,
    )

    await generate(pool, 50)

    assert await pool.fetchval("SELECT usage_count FROM tags WHERE slug = 'canary'") == 0
    assert await pool.fetchval("SELECT max(usage_count) FROM tags") > 0


async def test_a_batch_that_fails_leaves_nothing(pool: asyncpg.Pool) -> None:
    await generate(pool, 1)
    slug = await pool.fetchval("SELECT slug FROM posts")
    await pool.execute("DELETE FROM import_origins")

    with pytest.raises(asyncpg.UniqueViolationError):  # it would be made again
        await generate(pool, 2)

    assert await pool.fetchval("SELECT array_agg(slug) FROM posts") == [slug]
