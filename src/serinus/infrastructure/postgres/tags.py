"""Tags in PostgreSQL. How often they are used is counted by triggers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from serinus.application import acting
from serinus.application.content.ports import Slugs
from serinus.domain.content.listing import Condition, Listing, Page
from serinus.domain.content.taxonomy import CountedTag, TagId, TagNotFound, TagTaken, tag_key
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import (
    Arguments,
    Column,
    beyond,
    compare,
    count_of,
    order_by,
)
from serinus.infrastructure.postgres.rounds import in_rounds
from serinus.infrastructure.postgres.terms import free_slug

Connection = asyncpg.Pool | PoolConnectionProxy

COLUMNS = "id, slug, name, usage_count, created_at, updated_at, version"

# As they are unique, and in an order that an index has whatever the database's locale: so the
# names that begin with something are neighbours.
NAME = 'p.name_key COLLATE "C"'

SORTED: Mapping[str, Column] = {
    "name": Column(NAME, "text"),
    "usage_count": Column("p.usage_count", "integer"),
    "created_at": Column("p.created_at", "timestamptz"),
}
FILTERED = {
    "name": (NAME, "text"),
    "slug": ("p.slug", "text"),
    "usage_count": ("p.usage_count", "integer"),
    "created_at": ("p.created_at", "timestamptz"),
}

GET = f"SELECT {COLUMNS} FROM tags WHERE id = $1"  # noqa: S608 - constants

ADD = f"""
INSERT INTO tags (id, name, name_key, slug, created_at, updated_at, version)
SELECT $1, $2, $3, CASE WHEN $5 THEN $4 ELSE {free_slug("tags", "$4")} END, $6, $7, $8
 WHERE (SELECT acting($9))
ON CONFLICT DO NOTHING
RETURNING {COLUMNS}
"""

SAVE = f"""
UPDATE tags SET name = $3, name_key = $4, slug = $5, updated_at = $6, version = version + 1
 WHERE id = $1 AND version = $2 AND (SELECT acting($7))
RETURNING {COLUMNS}
"""  # noqa: S608 - constants

# Posts first, then tags, like the triggers: whoever writes a post that carries the tag holds
# the post and wants the tag.
LOCK_POSTS = """
SELECT FROM posts
 WHERE id IN (SELECT post_id FROM post_tags WHERE tag_id = $1) AND (SELECT acting($2))
 ORDER BY id FOR NO KEY UPDATE
"""

# From here on nobody can give it to a post.
LOCK = "SELECT FROM tags WHERE id = $1 AND version = $2 FOR UPDATE"

KEEP = "SELECT FROM tags WHERE id = $1 FOR KEY SHARE"

MOVE = """
INSERT INTO post_tags (post_id, tag_id, position)
SELECT post_id, $2, position FROM post_tags WHERE tag_id = $1
ON CONFLICT DO NOTHING
"""

DELETE = "DELETE FROM tags WHERE id = $1"

VERSION = "SELECT version FROM tags WHERE id = $1"


class PostgresTags:
    """Both the store of the use cases and the reader of the edges."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, tag_id: TagId) -> CountedTag:
        with translate_errors():
            row = await self._pool.fetchrow(GET, tag_id)
        if row is None:
            raise TagNotFound(f"no tag {tag_id}")
        return _tag(row)

    async def page(self, listing: Listing) -> Page[CountedTag]:
        arguments = Arguments()
        sql = page_sql(listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        return Page.cut(
            [_tag(row) for row in rows if row["id"] is not None],
            listing,
            count_of(rows, listing),
        )

    async def add(self, tag: CountedTag, slugs: Slugs) -> CountedTag:
        with translate_errors():
            row = await self._pool.fetchrow(
                ADD,
                tag.id,
                tag.name,
                tag_key(tag.name),
                slugs.first,
                slugs.exact,
                tag.created_at,
                tag.updated_at,
                tag.version,
                acting.told(),
            )
        if row is None:
            raise TagTaken("another tag has this name or this slug")
        return _tag(row)

    async def save(self, tag: CountedTag) -> CountedTag:
        with translate_errors():
            try:
                row = await self._pool.fetchrow(
                    SAVE,
                    tag.id,
                    tag.version,
                    tag.name,
                    tag_key(tag.name),
                    tag.slug,
                    tag.updated_at,
                    acting.told(),
                )
            except asyncpg.UniqueViolationError as error:
                raise TagTaken("another tag has this name or this slug") from error
            if row is None:
                raise await _missed(self._pool, tag.id)
        return _tag(row)

    async def delete(self, tag_id: TagId, version: int) -> None:
        async def once() -> None:
            async with self._held(tag_id, version) as connection:
                await connection.execute(DELETE, tag_id)

        await in_rounds(once)

    async def merge(self, tag: CountedTag, into: TagId) -> CountedTag:
        async def once() -> None:
            async with self._held(tag.id, tag.version) as connection:
                if await connection.fetchrow(KEEP, into) is None:
                    raise TagNotFound(f"no tag {into}")
                await connection.execute(MOVE, tag.id, into)
                await connection.execute(DELETE, tag.id)

        await in_rounds(once)
        return await self.get(into)

    @asynccontextmanager
    async def _held(self, tag_id: TagId, version: int) -> AsyncIterator[PoolConnectionProxy]:
        """A transaction in which the tag and its posts are nobody else's."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(LOCK_POSTS, tag_id, acting.told())
            if await connection.fetchrow(LOCK, tag_id, version) is None:
                raise await _missed(connection, tag_id)
            yield connection


async def _missed(connection: Connection, tag_id: TagId) -> Stale | TagNotFound:
    """Why a write found no tag of the version it was made for."""
    version = await connection.fetchval(VERSION, tag_id)
    return TagNotFound(f"no tag {tag_id}") if version is None else Stale(version)


def page_sql(listing: Listing, arguments: Arguments) -> str:
    where = " AND ".join(["true", *_conditions(listing.conditions, arguments)])
    start = beyond(listing, SORTED, arguments)
    page = f"""
        SELECT p.* FROM tags p WHERE {where} AND {start or "true"}
         ORDER BY {order_by(listing, SORTED)}
         LIMIT {arguments.add(listing.limit + 1, "integer")}"""  # noqa: S608 - constants and numbered parameters
    if listing.counting is None:
        return page
    # There are few enough tags to count them: an estimate would be no cheaper.
    total = f"SELECT count(*) AS total FROM tags p WHERE {where}"  # noqa: S608
    return f"SELECT * FROM ({total}) total LEFT JOIN LATERAL ({page}) page ON true"  # noqa: S608


def _conditions(conditions: Sequence[Condition], arguments: Arguments) -> list[str]:
    found: list[str] = []
    for condition in conditions:
        column, kind = FILTERED[condition.field]
        values: Sequence[object] = condition.values
        if condition.field == "name":
            values = [tag_key(str(value)) for value in values]
        found.append(compare(column, condition.op, values, kind, arguments))
    return found


def _tag(row: asyncpg.Record) -> CountedTag:
    return CountedTag(
        id=TagId(row["id"]),
        slug=row["slug"],
        name=row["name"],
        usage_count=row["usage_count"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )
