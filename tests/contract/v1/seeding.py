"""Rows that no v1 client could have written: imports, schedules, other times."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


async def plant_post(pool: asyncpg.Pool, author_id: UUID, **columns: Any) -> UUID:
    """Insert a post as an importer would; what is not said is unremarkable."""
    post_id = columns.setdefault("id", uuid7())
    row = {
        "author_id": author_id,
        "slug": f"slug-of-{post_id}",
        "title": "Planted",
        "content": "Planted.",
        "status": "published",
        "created_at": NOON,
        "updated_at": NOON,
        **columns,
    }
    if row["status"] == "published":
        row.setdefault("published_at", NOON)
    names = ", ".join(row)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    async with pool.acquire() as connection, connection.transaction():
        statement = f"INSERT INTO posts ({names}) VALUES ({places})"  # noqa: S608 - names are ours
        await connection.execute(statement, *row.values())
        await connection.execute(
            "INSERT INTO slugs (slug, post_id, created_at) VALUES ($1, $2, $3)",
            row["slug"],
            post_id,
            NOON,
        )
    return UUID(str(post_id))


async def plant_tag(pool: asyncpg.Pool, name: str, slug: str, **columns: Any) -> UUID:
    tag_id = columns.get("id") or uuid7()
    created_at = columns.get("created_at", NOON)
    await pool.execute(
        """
        INSERT INTO tags (id, name, name_key, slug, usage_count, created_at, updated_at)
        VALUES ($1, $2, lower($2), $3, $4, $5, $5)
        """,
        tag_id,
        name,
        slug,
        columns.get("usage_count", 0),
        created_at,
    )
    return UUID(str(tag_id))


async def put_tag(pool: asyncpg.Pool, post_id: UUID, tag_id: UUID, position: int = 0) -> None:
    await pool.execute(
        "INSERT INTO post_tags (post_id, tag_id, position) VALUES ($1, $2, $3)",
        post_id,
        tag_id,
        position,
    )
