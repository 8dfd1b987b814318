"""Revisions of posts in PostgreSQL, which keeps them itself (migration 0007).

The newest revision is the row in `posts`, the others are in `post_revisions`. Whether two of
them differ in their content is known without reading it: of neighbours that have the same, only
the later one has it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from serinus.domain.content.listing import Listing, Page
from serinus.domain.content.post import Byline, Post, PostId, PostNotFound
from serinus.domain.content.revision import NamedTerms, Revision, WholeRevision
from serinus.domain.identity.caller import UserId
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import Arguments, Column, beyond, count_of, order_by
from serinus.infrastructure.postgres.post_rows import (
    AUTHOR_COLUMNS,
    columns_of,
    post_from,
)

MAX_NUMBER = 2**31 - 1  # of the column's type

#: Columns that a post and a revision of it have under the same name.
ALIKE = (
    *("type", "author_id", "slug", "title", "content_format", "excerpt", "status", "locale"),
    *("featured_image", "meta_title", "meta_description", "created_at", "updated_at"),
    *("published_at", "scheduled_at", "deleted_at", "changed_by", "changed_via"),
)

NOW = f"""
    p.id AS post_id, p.version AS number, {", ".join(f"p.{name}" for name in ALIKE)},
    octet_length(p.content) AS content_bytes,
    tags_of_post(p.id) AS tags, categories_of_post(p.id) AS categories"""
THEN = f"""
    x.post_id, x.number, {", ".join(f"x.{name}" for name in ALIKE)},
    x.content_bytes, x.tags, x.categories"""

SORTED_NOW = {"number": Column("p.version", "integer")}
SORTED_THEN = {"number": Column("x.number", "integer")}
SORTED = {"number": Column("h.number", "integer")}

# A tag that was renamed since is still the same tag.
TAG_IDS, CATEGORY_IDS = (
    f"jsonb_path_query_array({{0}}.{terms}, '$[*].id')" for terms in ("tags", "categories")
)

#: What a member of contract v2 differs by, between `h` and `q`, the revision before it.
DIFFERENT: Mapping[str, str] = {
    **{
        name: f"h.{name} IS DISTINCT FROM q.{name}"
        for name in ("type", "slug", "title", "content_format", "excerpt", "status", "locale")
    },
    "content": "q.content IS NOT NULL",
    "author": "h.author_id <> q.author_id",
    "tags": f"{TAG_IDS.format('h')} <> {TAG_IDS.format('q')}",
    "categories": f"{CATEGORY_IDS.format('h')} <> {CATEGORY_IDS.format('q')}",
    "featured_image": "h.featured_image IS DISTINCT FROM q.featured_image",
    "seo": """(h.meta_title, h.meta_description)
              IS DISTINCT FROM (q.meta_title, q.meta_description)""",
    "published_at": "h.published_at IS DISTINCT FROM q.published_at",
    "scheduled_at": "h.scheduled_at IS DISTINCT FROM q.scheduled_at",
    "deleted": "(h.deleted_at IS NULL) <> (q.deleted_at IS NULL)",
}
CHANGED = ", ".join(f"CASE WHEN {sql} THEN '{name}' END" for name, sql in DIFFERENT.items())

#: Of a revision `h`, whose columns are named apart from those of the post as it is now.
SUMMARY = f"""
    h.number AS h_number, h.title AS h_title, h.updated_at AS h_updated_at,
    h.content_bytes AS h_content_bytes, h.changed_via AS h_changed_via,
    maker.id AS h_maker, maker.username AS h_maker_username, maker.author_name AS h_maker_name,
    CASE WHEN q.number IS NOT NULL THEN array_remove(ARRAY[{CHANGED}], NULL) END AS h_changed"""
BEFORE_AND_MAKER = f"""
    LEFT JOIN post_revisions q ON q.post_id = h.post_id AND q.number = h.number - 1
    LEFT JOIN LATERAL (SELECT u.id, {AUTHOR_COLUMNS} FROM users u
                        WHERE u.id = h.changed_by) maker ON true"""  # noqa: S608 - constants

NOTHING_MORE = columns_of(frozenset())

WHOLE = f"""
SELECT {NOTHING_MORE}, h.*
  FROM posts p LEFT JOIN LATERAL (
    SELECT {SUMMARY}, {
    ", ".join(
        f"h.{name} AS h_{name}"
        for name in ALIKE
        if name not in {"title", "updated_at", "changed_by", "changed_via"}
    )
},
           h.tags AS h_tags, h.categories AS h_categories,
           author.username AS h_username, author.author_name AS h_author_name,
           coalesce(h.content,
                    (SELECT next.content FROM post_revisions next
                      WHERE next.post_id = p.id AND next.number > h.number
                        AND next.content IS NOT NULL ORDER BY next.number LIMIT 1),
                    p.content) AS h_content,
           ARRAY(SELECT coalesce((SELECT t.name FROM tags t WHERE t.id = (tag ->> 'id')::uuid),
                                 tag ->> 'name')
                   FROM jsonb_array_elements(h.tags) AS tag) AS h_tag_names,
           ARRAY(SELECT coalesce((SELECT c.slug FROM categories c
                                   WHERE c.id = (category ->> 'id')::uuid), category ->> 'name')
                   FROM jsonb_array_elements(h.categories) AS category) AS h_category_names
      FROM (SELECT {NOW}, p.content WHERE p.version = ANY ($2)
             UNION ALL
            SELECT {THEN}, x.content FROM post_revisions x
             WHERE x.post_id = p.id AND x.number = ANY ($2)) h {BEFORE_AND_MAKER}
      LEFT JOIN LATERAL (SELECT {AUTHOR_COLUMNS} FROM users u
                          WHERE u.id = h.author_id) author ON true
  ) h ON true
 WHERE p.id = $1 AND p.deleted_at IS NULL
"""  # noqa: S608 - put together from constants


class PostgresPostHistory:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(self, post_id: PostId, listing: Listing) -> tuple[Post, Page[Revision]]:
        arguments = Arguments()
        sql = page_sql(post_id, listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        found = [_revision(row) for row in rows if row["h_number"] is not None]
        post = _post_now(rows, post_id)
        return post, Page.cut(found, listing, count_of(rows, listing))

    async def several(
        self, post_id: PostId, *numbers: int
    ) -> tuple[Post, dict[int, WholeRevision]]:
        with translate_errors():
            possible = [number for number in numbers if 1 <= number <= MAX_NUMBER]
            rows = await self._pool.fetch(WHOLE, post_id, possible)
        post = _post_now(rows, post_id)
        return post, {
            row["h_number"]: _whole(row) for row in rows if row["h_number"] is not None
        }


def page_sql(post_id: PostId, listing: Listing, arguments: Arguments) -> str:
    post = arguments.add(post_id, "uuid")
    now = beyond(listing, SORTED_NOW, arguments) or "true"
    then = beyond(listing, SORTED_THEN, arguments, key="x.post_id") or "true"
    limit = arguments.add(listing.limit + 1, "integer")
    order = order_by(listing, SORTED, key="h.post_id")
    total = "(SELECT 1 + count(*) FROM post_revisions x WHERE x.post_id = p.id) AS total"
    return f"""
        SELECT {NOTHING_MORE}, h.*, {total if listing.counting else "NULL AS total"}
          FROM posts p LEFT JOIN LATERAL (
            SELECT {SUMMARY}
              FROM ((SELECT {NOW} WHERE {now})
                     UNION ALL
                    (SELECT {THEN} FROM post_revisions x WHERE x.post_id = p.id AND {then}
                      ORDER BY {order_by(listing, SORTED_THEN, key="x.post_id")}
                      LIMIT {limit})) h {BEFORE_AND_MAKER}
             ORDER BY {order} LIMIT {limit}
          ) h ON true
         WHERE p.id = {post} AND p.deleted_at IS NULL
         ORDER BY h.h_number {"DESC" if "DESC" in order else "ASC"}"""  # noqa: S608 - constants, numbered parameters


def _post_now(rows: list[asyncpg.Record], post_id: PostId) -> Post:
    if not rows:
        raise PostNotFound(f"no post {post_id}")
    return post_from(rows[0])


def _revision(row: asyncpg.Record) -> Revision:
    maker = row["h_maker"]
    return Revision(
        number=row["h_number"],
        at=row["h_updated_at"],
        by=maker and Byline(UserId(maker), row["h_maker_username"], row["h_maker_name"]),
        via=row["h_changed_via"],
        title=row["h_title"],
        content_bytes=row["h_content_bytes"],
        changed=None if row["h_changed"] is None else tuple(row["h_changed"]),
    )


def _whole(row: asyncpg.Record) -> WholeRevision:
    then: dict[str, Any] = {
        name.removeprefix("h_"): value for name, value in row.items() if name.startswith("h_")
    }
    for terms in ("tags", "categories"):
        then[terms] = [(UUID(each["id"]), each["slug"], each["name"]) for each in then[terms]]
    post = post_from(then | {"id": row["id"], "version": then["number"]})
    names = NamedTerms(tuple(then["tag_names"]), tuple(then["category_names"]))
    return WholeRevision(_revision(row), post, names)
