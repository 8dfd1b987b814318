"""A database with 100,000 posts, made once for a run; whoever uses it reads only."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from psycopg import sql

from serinus.application.acting import Actor, Via, acting_as
from serinus.domain.identity.caller import UserId
from serinus.infrastructure.generated.population import Size
from serinus.infrastructure.postgres.generating import AT_ONCE, PostgresGeneration
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.databases import Template, on_database

POSTS = 100_000
SIZE = Size(authors=500, tags=2_000, categories=80, comments=0.3)
TODAY = datetime(2030, 1, 1, tzinfo=UTC)
# Any number that nothing else locks.
LOCK = 0x5E21_7E57
READY = "ready"
RARE_AUTHOR = UserId(UUID("00000000-0000-7000-8000-000000000001"))

# What is searched and what caches are told would take most of the time, and no list reads it.
HUSHED = "ALTER TABLE posts DISABLE TRIGGER USER"
AWAKE = "ALTER TABLE posts ENABLE TRIGGER USER"
# What is rare, and lies where a walk from the newest would come last.
RARE = """
UPDATE posts SET locale = 'fr' WHERE id IN (
    SELECT id FROM posts WHERE status = 'published' ORDER BY published_at LIMIT 30);
INSERT INTO users (id, username, username_key, email, role, created_at, updated_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'rare', 'rare', 'rare@generated.example',
        'author', now(), now());
UPDATE posts SET author_id = '00000000-0000-7000-8000-000000000001' WHERE id IN (
    SELECT id FROM posts WHERE deleted_at IS NULL ORDER BY created_at LIMIT 3);
INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)
VALUES ('00000000-0000-7000-8000-000000000002', 'rare', 'rare', 'rare', now(), now());
INSERT INTO post_tags (post_id, tag_id, position)
SELECT id, '00000000-0000-7000-8000-000000000002', 9 FROM posts
 WHERE status = 'published' AND deleted_at IS NULL ORDER BY published_at LIMIT 50;
"""
VACUUM = "VACUUM (ANALYZE) posts, post_tags, post_categories, comments, users, tags, slugs"


def large_database(template: Template) -> str:
    """Give its URL. Of several workers one makes it, and the others wait."""
    name = f"{template.name}_large"
    url = on_database(template.server, name)
    with psycopg.connect(template.server, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        found = server.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        ).fetchone()
        if found != (READY,):
            database, source = sql.Identifier(name), sql.Identifier(template.name)
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, source))
            asyncio.run(_fill(url))
            server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, READY))
    return url


async def _fill(url: str) -> None:
    pool = await open_pool(url, size=AT_ONCE + 2)
    try:
        await pool.execute(HUSHED)
        with acting_as(Actor(via=Via.GENERATE)):
            await PostgresGeneration(pool).add(
                POSTS, SIZE, seed=1, at=TODAY, on_progress=lambda _: None
            )
        await pool.execute(AWAKE)
        await pool.execute(RARE, timeout=60)
        await pool.execute(VACUUM, timeout=60)
    finally:
        await pool.close()
