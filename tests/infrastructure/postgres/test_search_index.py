"""The index follows whoever writes, and holds what a rebuilt one would."""

import asyncio
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from uuid_utils.compat import uuid7

from serinus.infrastructure.postgres.migrations.revisions import MIGRATIONS
from serinus.infrastructure.postgres.migrations.runner import migrate
from tests.contract.v1.seeding import NOON, plant_post
from tests.support.content import ADA, add_author
from tests.support.databases import on_database
from tests.support.waiting import until

DIFFERENCES = """
SELECT count(*) FROM search_documents d FULL JOIN search_sources s USING (doc_type, id)
 WHERE d IS DISTINCT FROM s
"""
MATCHES = """
SELECT id FROM search_documents d, search_query($1) AS query
 WHERE d.vector @@ query.matching
   AND NOT EXISTS (SELECT FROM unnest(query.runs) AS run WHERE strpos(d.runs, run) = 0)
"""
WAITING = """
SELECT count(*) > 0 FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
#: Both tables, whatever is in them.
EVERYTHING = (("post", "posts"), ("user", "users"))


@pytest.fixture
async def author(pool: asyncpg.Pool) -> UUID:
    await add_author(pool)
    return ADA.id


async def rebuild(pool: asyncpg.Pool) -> int:
    """Make the whole index anew, and give the number of batches that took."""
    batches = 0
    for kind, _ in EVERYTHING:
        last: UUID | None = None
        while True:
            last = await pool.fetchval("SELECT rebuild_search_documents($1, $2)", kind, last)
            batches += 1
            if last is None:
                break
    return batches


async def matches(pool: asyncpg.Pool, query: str) -> list[UUID]:
    return [row["id"] for row in await pool.fetch(MATCHES, query)]


async def test_what_a_writer_takes_back_was_never_there(
    pool: asyncpg.Pool, author: UUID
) -> None:
    post_id = await plant_post(pool, author, title="梟の森")
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE posts SET title = '金糸雀'")
        await connection.execute("UPDATE users SET is_active = false")
        await transaction.rollback()

    assert await matches(pool, "金糸雀") == []
    assert await matches(pool, "梟の森") == [post_id]
    assert await pool.fetchval(DIFFERENCES) == 0


async def test_statements_over_many_rows_are_followed(pool: asyncpg.Pool, author: UUID) -> None:
    for number in range(20):
        await plant_post(pool, author, title=f"梟の森{number}")

    await pool.execute("UPDATE posts SET title = '金糸雀' WHERE title LIKE '%1%'")
    await pool.execute("UPDATE posts SET deleted_at = now() WHERE title LIKE '%2%'")
    await pool.execute("DELETE FROM posts WHERE title LIKE '%3%'")

    assert len(await matches(pool, "金糸雀")) == 11
    assert len(await matches(pool, "梟の森")) == 7
    assert await pool.fetchval(DIFFERENCES) == 0


async def test_emptied_tables_leave_an_empty_index(pool: asyncpg.Pool, author: UUID) -> None:
    await plant_post(pool, author)

    await pool.execute("TRUNCATE users CASCADE")

    assert await pool.fetchval("SELECT count(*) FROM search_documents") == 0


async def test_what_does_not_change_the_document_does_not_write_it(
    pool: asyncpg.Pool, author: UUID
) -> None:
    await plant_post(pool, author)
    written = "SELECT xmin::text || ctid::text FROM search_documents ORDER BY id"
    before = await pool.fetch(written)

    await pool.execute("UPDATE posts SET meta_title = 'x', version = 2, updated_at = now()")
    await pool.execute("UPDATE users SET last_login = now(), email = 'new@example.org'")
    await rebuild(pool)

    assert await pool.fetch(written) == before


texts = st.text(
    st.sampled_from("梟森東京 カナリアowl.+#\n日本語\uff21bcé🐤"), min_size=1, max_size=12
)
statuses = st.sampled_from(["draft", "published", "archived"])
posts = st.integers(0, 3)
writes = st.one_of(
    st.tuples(st.just("INSERT"), texts, texts, statuses),
    st.tuples(st.just("UPDATE posts SET title = $2 WHERE id = $1"), posts, texts),
    st.tuples(st.just("UPDATE posts SET content = $2 WHERE id = $1"), posts, texts),
    st.tuples(st.just("UPDATE posts SET excerpt = $2 WHERE id = $1"), posts, st.none() | texts),
    st.tuples(
        st.just(
            "UPDATE posts SET status = $2, published_at = CASE $2 WHEN 'draft' THEN NULL"
            " ELSE coalesce(published_at, now()) END WHERE id = $1"
        ),
        posts,
        statuses,
    ),
    st.tuples(
        st.just("UPDATE posts SET deleted_at = CASE WHEN $2 THEN created_at END WHERE id = $1"),
        posts,
        st.booleans(),
    ),
    st.tuples(st.just("DELETE FROM posts WHERE id = $1"), posts),
    st.tuples(st.just("UPDATE posts SET title = content, content = title")),
    st.tuples(st.just("UPDATE users SET first_name = $1"), st.none() | texts),
    st.tuples(st.just("UPDATE users SET is_active = $1"), st.booleans()),
)


async def write(pool: asyncpg.Pool, author: UUID, made: list[UUID], parts: Any) -> None:
    statement, *arguments = parts
    if statement == "INSERT":
        title, content, status = arguments
        made.append(
            await plant_post(
                pool,
                author,
                title=title,
                content=content,
                status=status,
                published_at=None if status == "draft" else NOON,
            )
        )
        return
    if "$2" in statement or "id = $1" in statement:
        if not made:
            return
        arguments[0] = made[arguments[0] % len(made)]
    await pool.execute(statement, *arguments)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(parts=st.lists(writes, min_size=1, max_size=12))
async def test_after_any_writes_the_index_is_what_it_would_be_if_rebuilt(
    pool: asyncpg.Pool, author: UUID, parts: list[Any]
) -> None:
    await pool.execute("DELETE FROM posts")
    made: list[UUID] = []

    for each in parts:
        await write(pool, author, made, each)

    assert await pool.fetchval(DIFFERENCES) == 0


async def test_rebuilding_repairs_whatever_is_wrong(pool: asyncpg.Pool, author: UUID) -> None:
    for number in range(250):
        await plant_post(pool, author, title=f"梟{number}")
    wrecked = "(SELECT id FROM posts ORDER BY id LIMIT 40 OFFSET 80)"
    await pool.execute(f"UPDATE search_documents SET vector = '' WHERE id IN {wrecked}")  # noqa: S608
    await pool.execute("DELETE FROM search_documents WHERE title LIKE '%7%'")
    await pool.execute("DELETE FROM search_documents WHERE doc_type = 'user'")
    for number in range(3):
        await pool.execute(
            """
            INSERT INTO search_documents
                   (doc_type, id, title, title_key, created_at, runs, vector)
            VALUES ($1, $2, '', '', now(), '', '')
            """,
            "user" if number == 1 else "post",
            [UUID(int=1), uuid7(), UUID(int=2**128 - 1)][number],
        )

    assert await rebuild(pool) == 3 + 1 + 2
    assert await pool.fetchval(DIFFERENCES) == 0


async def test_a_batch_ends_before_a_post_that_somebody_writes_and_the_next_waits(
    pool: asyncpg.Pool, author: UUID
) -> None:
    planted = [await plant_post(pool, author, title="梟") for _ in range(5)]
    await pool.execute("UPDATE search_documents SET vector = '' WHERE doc_type = 'post'")
    step = "SELECT rebuild_search_documents('post', $1)"
    async with pool.acquire() as writer:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute("UPDATE posts SET title = '金糸雀' WHERE id = $1", planted[2])

        assert await pool.fetchval(step, None) == planted[1]
        next_step = asyncio.create_task(pool.fetchval(step, planted[1]))
        await until(
            lambda: pool.fetchval("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
        )
        # Nothing that the writer may want next is held meanwhile.
        await writer.execute("UPDATE posts SET title = '金糸雀'")
        await transaction.commit()

    assert await next_step == planted[4]
    assert len(await matches(pool, "金糸雀")) == 5
    assert await pool.fetchval(DIFFERENCES) == 0


async def test_two_that_rebuild_at_once_both_come_to_the_end(
    pool: asyncpg.Pool, author: UUID
) -> None:
    for _ in range(120):
        await plant_post(pool, author, title="梟")
    await pool.execute("UPDATE search_documents SET vector = ''")

    await asyncio.gather(rebuild(pool), rebuild(pool))

    assert await pool.fetchval(DIFFERENCES) == 0


async def test_long_posts_make_short_batches(pool: asyncpg.Pool, author: UUID) -> None:
    for _ in range(5):
        await plant_post(pool, author, content="owl " * 40_000)

    assert await rebuild(pool) == 3 + 1 + 2


def test_rows_from_before_the_index_are_in_it(blank_database_url: str, tmp_path: Path) -> None:
    earlier = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    for file in (earlier / "versions").glob("*"):
        if file.is_file() and file.name[:4] > "0003":
            file.unlink()
    migrate(blank_database_url, migrations=earlier)
    with psycopg.connect(blank_database_url) as connection:
        connection.execute(
            """
            INSERT INTO users (id, username, username_key, email, role, created_at, updated_at)
            VALUES (gen_random_uuid(), 'owl', 'owl', 'owl@example.org', 'admin', now(), now());
            INSERT INTO posts (id, author_id, slug, title, content, status, created_at,
                               updated_at, published_at)
            SELECT gen_random_uuid(), id, status, status, '梟の森', status, now(), now(),
                   CASE status WHEN 'draft' THEN NULL ELSE now() END
              FROM users, unnest(ARRAY['draft', 'published', 'archived']) AS status;
            INSERT INTO slugs (slug, post_id, created_at) SELECT slug, id, now() FROM posts;
            """
        )

    migrate(blank_database_url)

    with psycopg.connect(blank_database_url) as connection:
        rows = connection.execute("SELECT doc_type, title FROM search_documents ORDER BY 1")
        assert rows.fetchall() == [("post", "published"), ("user", "owl")]
        assert connection.execute(DIFFERENCES).fetchone() == (0,)


def test_the_index_does_not_depend_on_the_locale_of_the_database(server_dsn: str) -> None:
    text = (
        "Ärger ΟΔΌΣ ПРИВЕТ naïve—dash “quoted” e-mail 東京都、梟ヶ森 สวัสดี हिन्दी 한국어 C++ x²"
    )
    found = {}
    for locale in ("C", "C.UTF-8"):
        name = f"serinus_test_locale_{uuid7().hex}"
        made = sql.SQL(
            "CREATE DATABASE {} TEMPLATE template0 LOCALE {} ENCODING 'UTF8'"
        ).format(sql.Identifier(name), sql.Literal(locale))
        with psycopg.connect(server_dsn, autocommit=True) as connection:
            connection.execute(made)
            migrate(on_database(server_dsn, name))
            with psycopg.connect(on_database(server_dsn, name)) as inside:
                found[locale] = inside.execute(
                    "SELECT search_fold(%s), (search_terms(%s, NULL, NULL)).vector::text",
                    [text, text],
                ).fetchone()
            dropped = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(dropped)

    assert found["C"] == found["C.UTF-8"]
