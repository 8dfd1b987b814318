"""Comments in PostgreSQL. Their places in threads, and answers, are kept by triggers."""

from collections.abc import Sequence

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from serinus.application import acting
from serinus.domain.content.comments import (
    SAME_AGAIN,
    Comment,
    CommentId,
    CommentNotFound,
    DuplicateComment,
    Ground,
    Guest,
)
from serinus.domain.content.listing import Count, Counting, Listing, Page
from serinus.domain.content.post import PostId, PostNotFound
from serinus.domain.errors import Stale
from serinus.domain.identity.caller import Caller
from serinus.infrastructure.postgres.comment_pages import COUNTED, queue_sql, under_post_sql
from serinus.infrastructure.postgres.comment_rows import (
    COLUMNS,
    GROUND_COLUMNS,
    USERS,
    comment_from,
    ground_from,
)
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import Arguments
from serinus.infrastructure.postgres.rounds import in_rounds

Connection = asyncpg.Pool | PoolConnectionProxy

GET = f"""
SELECT {COLUMNS}, {GROUND_COLUMNS}
  FROM comments p {USERS} JOIN posts post ON post.id = p.post_id
 WHERE p.id = $1
"""  # noqa: S608 - constants

GROUND = f"""
SELECT {COLUMNS}, {GROUND_COLUMNS}
  FROM posts post LEFT JOIN comments p ON p.post_id = post.id AND p.id = $2 {USERS}
 WHERE post.id = $1
"""  # noqa: S608 - constants

# A statement of its own: one that waits for the lock would not see what it waited for.
ONE_AT_A_TIME = """
SELECT pg_advisory_xact_lock(hashtextextended('serinus.comment of ' || $1, 0))
"""

# The name under which somebody with an account writes is that of the account at that time.
ADD = f"""
WITH p AS (
    INSERT INTO comments (id, post_id, parent_id, author_id, author_name, author_email,
                          author_url, content, status, created_at, updated_at, version)
    SELECT $1, $2, $3, $4, coalesce($5, (SELECT username FROM users WHERE id = $4)), $6, $7, $8,
           $9, $10, $11, $12
     WHERE (SELECT acting($14)) AND NOT EXISTS (
        SELECT FROM comments c
         WHERE c.status IN ('pending', 'approved') AND c.deleted_at IS NULL
           AND c.created_at > $13 AND c.content = $8
           AND CASE WHEN $4::uuid IS NULL THEN c.author_id IS NULL AND c.author_email = $6
                    ELSE c.author_id = $4 END)
    RETURNING *
)
SELECT {COLUMNS} FROM p {USERS}
"""  # noqa: S608 - constants

SAVE = f"""
WITH p AS (
    UPDATE comments
       SET content = $3, status = $4, updated_at = $5, deleted_at = $6, version = version + 1
     WHERE id = $1 AND version = $2 AND deleted_at IS NULL AND (SELECT acting($7))
    RETURNING *
)
SELECT {COLUMNS} FROM p {USERS}
"""  # noqa: S608 - constants

VERSION = "SELECT version FROM comments WHERE id = $1 AND deleted_at IS NULL"


class PostgresComments:
    """Both the store of the use cases and the reader of the edges."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, comment_id: CommentId) -> tuple[Comment, Ground]:
        with translate_errors():
            row = await self._pool.fetchrow(GET, comment_id)
        if row is None:
            raise CommentNotFound(f"no comment {comment_id}")
        return comment_from(row), ground_from(row)

    async def ground(
        self, post_id: PostId, parent_id: CommentId | None
    ) -> tuple[Ground, Comment | None]:
        with translate_errors():
            row = await self._pool.fetchrow(GROUND, post_id, parent_id)
        if row is None:
            raise PostNotFound(f"no post {post_id}")
        return ground_from(row), comment_from(row) if row["id"] is not None else None

    async def under(
        self, caller: Caller | None, post_id: PostId, listing: Listing
    ) -> tuple[Page[Comment], Ground]:
        arguments = Arguments()
        sql = under_post_sql(caller, post_id, listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        if not rows:
            raise PostNotFound(f"no post {post_id}")
        return _page(rows, listing), ground_from(rows[0])

    async def queue(self, listing: Listing) -> Page[Comment]:
        arguments = Arguments()
        sql = queue_sql(listing, arguments)
        with translate_errors():
            return _page(await self._pool.fetch(sql, *arguments.values), listing)

    async def add(self, comment: Comment) -> Comment:
        guest = comment.author if isinstance(comment.author, Guest) else Guest("", None)
        author = None if isinstance(comment.author, Guest) else comment.author.id
        row = (
            comment.id,
            comment.post_id,
            comment.parent_id,
            author,
            guest.name or None,
            guest.email,
            guest.url,
            comment.content,
            comment.status,
            comment.created_at,
            comment.updated_at,
            comment.version,
        )
        since = comment.created_at - SAME_AGAIN

        async def once() -> Comment:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(ONE_AT_A_TIME, str(author or guest.email))
                added = await connection.fetchrow(ADD, *row, since, acting.told())
            if added is None:
                raise DuplicateComment("you have just said the same")
            return comment_from(added)

        return await in_rounds(once)

    async def save(self, comment: Comment) -> Comment:
        async def once() -> Comment:
            row = await self._pool.fetchrow(
                SAVE,
                comment.id,
                comment.version,
                comment.content,
                comment.status,
                comment.updated_at,
                comment.deleted_at,
                acting.told(),
            )
            if row is None:
                raise await _missed(self._pool, comment.id)
            return comment_from(row)

        return await in_rounds(once)


def _page(rows: Sequence[asyncpg.Record], listing: Listing) -> Page[Comment]:
    found = [comment_from(row) for row in rows if row["id"] is not None]
    if listing.counting is None:
        return Page.cut(found, listing)
    total = int(rows[0]["total"])
    exact = listing.counting is Counting.EXACT or total <= COUNTED
    return Page.cut(found, listing, Count(total if exact else COUNTED, exact=exact))


async def _missed(connection: Connection, comment_id: CommentId) -> Stale | CommentNotFound:
    """Why a write found no comment of the version it was made for."""
    version = await connection.fetchval(VERSION, comment_id)
    return CommentNotFound(f"no comment {comment_id}") if version is None else Stale(version)
