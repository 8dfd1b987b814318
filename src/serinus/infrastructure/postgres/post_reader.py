"""Posts in PostgreSQL: the side that reads. One statement for an item, one for a page."""

from collections.abc import Sequence

import asyncpg

from serinus.domain.content.listing import Count, Listing, Page
from serinus.domain.content.post import Post, PostId, PostNotFound
from serinus.domain.content.post_query import Part, scopes
from serinus.domain.identity.caller import Caller
from serinus.infrastructure.postgres import post_pages
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import Arguments
from serinus.infrastructure.postgres.post_rows import columns_of, post_from, users_of


class PostgresPostReader:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def one(self, post_id: PostId, parts: frozenset[Part]) -> Post:
        sql = f"""
            SELECT {columns_of(parts)} FROM posts p {users_of(parts)}
             WHERE p.id = $1 AND p.deleted_at IS NULL
        """  # noqa: S608 - put together from constants
        with translate_errors():
            row = await self._pool.fetchrow(sql, post_id)
        if row is None:
            raise PostNotFound(f"no post {post_id}")
        return post_from(row)

    async def at(self, address: str, parts: frozenset[Part]) -> Post:
        sql = f"""
            SELECT {columns_of(parts)}
              FROM slugs s JOIN posts p ON p.id = s.post_id {users_of(parts)}
             WHERE s.slug = $1 AND p.deleted_at IS NULL
        """  # noqa: S608 - put together from constants
        with translate_errors():
            row = await self._pool.fetchrow(sql, address)
        if row is None:
            raise PostNotFound("no post has this slug")
        return post_from(row)

    async def page(
        self, caller: Caller | None, listing: Listing, parts: frozenset[Part]
    ) -> Page[Post]:
        seen = scopes(caller, listing.conditions)
        if not seen:
            return Page((), count=Count(0, exact=True) if listing.counting else None)
        arguments = Arguments()
        sql = post_pages.page_sql(seen, listing, parts, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        found = [post_from(row) for row in rows if row["id"] is not None]
        return Page.cut(found, listing, _count(rows, listing))


def _count(rows: Sequence[asyncpg.Record], listing: Listing) -> Count | None:
    if listing.counting is None:
        return None
    value = int(rows[0]["total"])
    return Count(value, exact=value <= post_pages.COUNTED[listing.counting])
