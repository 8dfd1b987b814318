"""Numbered pages: one statement gives the page and the exact total."""

import asyncpg

from serinus.application.content.numbered_pages import PostColumn, PostFilter, TagColumn
from serinus.application.slices import NumberedPage, Slice
from serinus.domain.content.post import Post
from serinus.domain.content.taxonomy import CountedTag, TagId
from serinus.domain.identity.caller import Caller, Role
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.post_rows import POST_COLUMNS, post_from

# An offset beyond this is past the end of any table, and bigint could not hold it.
MAX_OFFSET = 2**62

_VISIBLE = "(p.status = 'published' OR p.author_id = $1)"
_TAGGED = """p.id IN (SELECT pt.post_id FROM post_tags pt JOIN tags t ON t.id = pt.tag_id
                       WHERE t.name_key = $5 OR t.slug = $5)"""


class PostgresNumberedPages:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def posts(
        self, caller: Caller, which: PostFilter, column: PostColumn, part: Slice
    ) -> NumberedPage[Post]:
        with translate_errors():
            rows = await self._pool.fetch(
                _posts_sql(caller, which, column, part),
                caller.id,
                part.limit,
                min(part.offset, MAX_OFFSET),
                None if which.statuses is None else sorted(which.statuses),
                which.tag,
                which.author,
            )
        return NumberedPage(
            tuple(post_from(row) for row in rows if row["id"] is not None), rows[0]["total"]
        )

    async def tags(self, column: TagColumn, part: Slice) -> NumberedPage[CountedTag]:
        way = _way(part)
        with translate_errors():
            rows = await self._pool.fetch(
                f"""
                WITH page AS (
                    SELECT * FROM tags
                     ORDER BY {column.value} {way}, id {way} LIMIT $1 OFFSET $2
                )
                SELECT total.total, page.* FROM (SELECT count(*) AS total FROM tags) total
                  LEFT JOIN page ON true
                 ORDER BY {column.value} {way}, id {way}
                """,  # noqa: S608 - column and way come from closed sets
                part.limit,
                min(part.offset, MAX_OFFSET),
            )
        return NumberedPage(
            tuple(_tag(row) for row in rows if row["id"] is not None), rows[0]["total"]
        )


def _posts_sql(caller: Caller, which: PostFilter, column: PostColumn, part: Slice) -> str:
    """One text per combination of filters, so that each gets its own plan.

    The page is cut from narrow rows first: authors, tags and texts are read for its posts only.
    """
    where = ["p.deleted_at IS NULL"]
    if not caller.role.at_least(Role.EDITOR):
        where.append(_VISIBLE)
    if which.statuses is not None:
        where.append("p.status = ANY ($4::text[])")
    if which.tag is not None:
        where.append(_TAGGED)
    if which.author is not None:
        where.append("p.author_id = $6")
    matching = f"FROM posts p WHERE {' AND '.join(where)}"
    way = _way(part)
    # Said of the one column that can be null: said of the others, it would keep their indexes
    # from being read backwards.
    nulls = "NULLS LAST" if column is PostColumn.PUBLISHED_AT else ""
    order = f"p.{column.value} {way} {nulls}, p.id {way}"
    return f"""
        WITH given AS (SELECT $1::uuid, $4::text[], $5::text, $6::uuid),
             cut AS (SELECT p.id {matching} ORDER BY {order} LIMIT $2 OFFSET $3),
             page AS (
                 SELECT {POST_COLUMNS}
                   FROM cut JOIN posts p ON p.id = cut.id JOIN users u ON u.id = p.author_id
             )
        SELECT total.total, p.* FROM (SELECT count(*) AS total {matching}) total
          LEFT JOIN page p ON true
         ORDER BY {order}
    """  # noqa: S608 - made of constants; what a caller sends is a parameter


def _way(part: Slice) -> str:
    return "DESC" if part.descending else "ASC"


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
