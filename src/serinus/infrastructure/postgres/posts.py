"""Posts in PostgreSQL: the side that writes."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from serinus.application import acting
from serinus.application.content.ports import Posts, Slugs, Term
from serinus.domain.content.post import Post, PostId, PostNotFound
from serinus.domain.content.slug import SlugTaken
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.post_rows import (
    AUTHOR_COLUMNS,
    CATEGORIES,
    PLAIN_COLUMNS,
    POST_COLUMNS,
    TAGS,
    post_from,
)
from serinus.infrastructure.postgres.rounds import LostRace, in_rounds
from serinus.infrastructure.postgres.terms import (
    ADDED_CATEGORIES,
    ADDED_TAGS,
    FIND_OR_ADD_TERMS,
    TermArguments,
    free_slug,
)

T = TypeVar("T")

Connection = asyncpg.Pool | PoolConnectionProxy

GET = f"""
SELECT {POST_COLUMNS}
  FROM posts p JOIN users u ON u.id = p.author_id
 WHERE p.id = $1 AND (p.deleted_at IS NULL OR $2)
"""  # noqa: S608 - put together from constants

# The slug comes first and all else depends on it, so that writers queue up in one order.
ADD = f"""
WITH ready AS (
    INSERT INTO slugs (slug, post_id, created_at)
    SELECT CASE WHEN $11 THEN $10 ELSE {free_slug("slugs", "$10")} END, $9, $8
     WHERE (SELECT acting($27))
    ON CONFLICT DO NOTHING
    RETURNING slug
), {FIND_OR_ADD_TERMS}, p AS (
    INSERT INTO posts (id, type, author_id, slug, title, content, content_format, excerpt,
                       status, locale, featured_image, meta_title, meta_description,
                       created_at, updated_at, published_at, scheduled_at, version)
    SELECT $9, $12, $13, ready.slug, $14, $15, $16, $17, $18, $19, $20, $21, $22,
           $8, $23, $24, $25, $26
      FROM ready, complete
    RETURNING *
), tagged AS (
    INSERT INTO post_tags (post_id, tag_id, position)
    SELECT p.id, tag.id, tag.position FROM p, tag
), categorised AS (
    INSERT INTO post_categories (post_id, category_id, position)
    SELECT p.id, category.id, category.position FROM p, category
)
SELECT p.*, {AUTHOR_COLUMNS}, {ADDED_TAGS} AS tags, {ADDED_CATEGORIES} AS categories
  FROM p JOIN users u ON u.id = p.author_id
"""  # noqa: S608 - put together from constants

# The foreign key from (slug, id) to `slugs` is checked at the end: it fails when the slug leads
# to another post, and holds when it is new or a former slug of this one.
SAVE = f"""
WITH p AS (
    UPDATE posts
       SET slug = $3, title = $4, content = $5, content_format = $6, excerpt = $7, status = $8,
           locale = $9, featured_image = $10, meta_title = $11, meta_description = $12,
           updated_at = $13, published_at = $14, scheduled_at = $15, deleted_at = $16,
           version = version + 1
     WHERE id = $1 AND version = $2 AND (SELECT acting($17))
    RETURNING *
), slug AS (
    INSERT INTO slugs (slug, post_id, created_at)
    SELECT slug, id, updated_at FROM p
    ON CONFLICT (slug) DO NOTHING
)
SELECT p.*, {AUTHOR_COLUMNS}, {TAGS} AS tags, {CATEGORIES} AS categories
  FROM p JOIN users u ON u.id = p.author_id
"""  # noqa: S608 - put together from constants

# Not one statement with SAVE: the triggers that count tags run at the end of a statement, and
# could not tell what was tagged before the post was published from what came with it.
REPLACE_TERMS = f"""
WITH ready AS (SELECT), {FIND_OR_ADD_TERMS}, locked AS (
    -- What will be counted anew, in the one order in which everybody locks tags.
    SELECT id FROM tags
     WHERE $10 AND EXISTS (SELECT FROM posts WHERE id = $9 AND status = 'published')
       AND id IN (SELECT tag_id FROM post_tags WHERE post_id = $9 UNION SELECT id FROM tag)
       AND NOT (id IN (SELECT tag_id FROM post_tags WHERE post_id = $9)
                AND id IN (SELECT id FROM tag))
     ORDER BY id FOR NO KEY UPDATE
), untagged AS (
    DELETE FROM post_tags WHERE $10 AND post_id = $9 AND tag_id NOT IN (SELECT id FROM tag)
), tagged AS (
    INSERT INTO post_tags (post_id, tag_id, position)
    SELECT $9, tag.id, tag.position FROM tag WHERE $10
    ON CONFLICT (post_id, tag_id) DO UPDATE SET position = excluded.position
), uncategorised AS (
    DELETE FROM post_categories
     WHERE $11 AND post_id = $9 AND category_id NOT IN (SELECT id FROM category)
), categorised AS (
    INSERT INTO post_categories (post_id, category_id, position)
    SELECT $9, category.id, category.position FROM category WHERE $11
    ON CONFLICT (post_id, category_id) DO UPDATE SET position = excluded.position
)
SELECT {PLAIN_COLUMNS}, p.content, {AUTHOR_COLUMNS},
       CASE WHEN $10 THEN {ADDED_TAGS} ELSE {TAGS} END AS tags,
       CASE WHEN $11 THEN {ADDED_CATEGORIES} ELSE {CATEGORIES} END AS categories
  FROM complete, (SELECT count(*) FROM locked) AS locked,
       posts p JOIN users u ON u.id = p.author_id
 WHERE p.id = $9
"""  # noqa: S608 - put together from constants

#: Constraints that fail when the slug of a saved post is another's.
SLUG_TAKEN = {"posts_slug", "posts_slug_fkey"}

#: Constraints that fail when a term was made or deleted while the statement ran. The first one
#: undoes an `ADD` that got its slug and not all of its terms.
LOST_RACE = {
    "slugs_post_id_fkey",
    "post_tags_tag_id_fkey",
    "post_categories_category_id_fkey",
}

VERSION = "SELECT version FROM posts WHERE id = $1 AND deleted_at IS NULL"


# Of a transaction of several writes. What is written is locked in one order, so that nobody
# waits in a circle. Where slugs lead is checked with each write, to know which one was wrong.
LOCK = "SELECT FROM posts WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"
CHECK_AT_ONCE = "SET CONSTRAINTS posts_slug_fkey, slugs_post_id_fkey IMMEDIATE"


class PostgresPosts:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, post_id: PostId, *, deleted: bool = False) -> Post:
        with translate_errors():
            return await _Attempt(self._pool).get(post_id, deleted=deleted)

    async def add(
        self, post: Post, slugs: Slugs, *, tags: Sequence[Term], categories: Sequence[Term]
    ) -> Post:
        attempt = _Attempt(self._pool)
        return await in_rounds(
            lambda: attempt.add(post, slugs, tags=tags, categories=categories)
        )

    async def save(
        self,
        post: Post,
        *,
        tags: Sequence[Term] | None = None,
        categories: Sequence[Term] | None = None,
    ) -> Post:
        if tags is None and categories is None:
            return await in_rounds(lambda: _Attempt(self._pool).save(post))

        async def once() -> Post:
            with _violations():
                async with self._pool.acquire() as connection, connection.transaction():
                    attempt = _Attempt(connection)
                    return await attempt.save(post, tags=tags, categories=categories)

        return await in_rounds(once)

    async def together(
        self, post_ids: Sequence[PostId], work: Callable[[Posts], Awaitable[T]]
    ) -> T:
        async def once() -> T:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(CHECK_AT_ONCE)
                await connection.execute(LOCK, post_ids)
                return await work(_Attempt(connection))

        return await in_rounds(once)


class _Attempt:
    """Writes that are tried once. They raise `LostRace` when another writer was faster."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, post_id: PostId, *, deleted: bool = False) -> Post:
        row = await self._connection.fetchrow(GET, post_id, deleted)
        if row is None:
            raise PostNotFound(f"no post {post_id}")
        return post_from(row)

    async def add(
        self, post: Post, slugs: Slugs, *, tags: Sequence[Term], categories: Sequence[Term]
    ) -> Post:
        with _violations():
            row = await self._connection.fetchrow(
                ADD,
                *TermArguments.of(tags, categories).in_order(),
                post.created_at,
                post.id,
                slugs.first,
                slugs.exact,
                post.type,
                post.author.id,
                *_written(post),
                post.version,
                acting.told(),
            )
        if row is not None:
            return post_from(row)
        if slugs.exact:  # short of a term the statement would have failed instead
            raise SlugTaken(f"{slugs.first} leads to another post")
        raise LostRace

    async def save(
        self,
        post: Post,
        *,
        tags: Sequence[Term] | None = None,
        categories: Sequence[Term] | None = None,
    ) -> Post:
        """Within a transaction when there are terms: they take a second statement."""
        with _violations():
            row = await self._connection.fetchrow(
                SAVE,
                post.id,
                post.version,
                post.slug,
                *_written(post),
                post.deleted_at,
                acting.told(),
            )
            if row is None:
                raise await self._missed(post.id)
            if tags is not None or categories is not None:
                row = await self._connection.fetchrow(
                    REPLACE_TERMS,
                    *TermArguments.of(tags or (), categories or ()).in_order(),
                    post.updated_at,
                    post.id,
                    tags is not None,
                    categories is not None,
                )
        if row is None:
            raise LostRace
        return post_from(row)

    async def _missed(self, post_id: PostId) -> Stale | PostNotFound:
        """Why a write found no row of the version it was made for."""
        version = await self._connection.fetchval(VERSION, post_id)
        return PostNotFound(f"no post {post_id}") if version is None else Stale(version)


def _written(post: Post) -> tuple[object, ...]:
    """What an edit may change, in the order of both statements."""
    text = post.text
    return (
        text.title,
        text.content,
        text.content_format,
        text.excerpt,
        post.status,
        text.locale,
        text.featured_image,
        text.meta_title,
        text.meta_description,
        post.updated_at,
        post.published_at,
        post.scheduled_at,
    )


@contextmanager
def _violations() -> Iterator[None]:
    """What a violated constraint means here."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        if error.constraint_name in SLUG_TAKEN:
            raise SlugTaken("the slug leads to another post") from error
        if error.constraint_name in LOST_RACE:
            raise LostRace from error
        raise
