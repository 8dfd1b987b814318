"""Rows of comments: which columns are read, and how one becomes a `Comment`."""

import asyncpg

from serinus.domain.content.comments import Comment, CommentId, CommentStatus, Ground, Guest
from serinus.domain.content.post import Byline, PostId, Status
from serinus.domain.identity.caller import UserId
from serinus.infrastructure.postgres.post_rows import AUTHOR_COLUMNS

#: `p` is the comment, `u` the account of its author, which guests have not.
COLUMNS = f"""
    p.id, p.post_id, p.parent_id, p.lineage, p.answers, p.author_id,
    p.author_name AS guest_name, p.author_email, p.author_url, p.content, p.status,
    p.created_at, p.updated_at, p.deleted_at, p.version, {AUTHOR_COLUMNS}"""

USERS = "LEFT JOIN users u ON u.id = p.author_id"

#: `post` is the row of its post.
GROUND_COLUMNS = """
    post.id AS ground_id, post.status AS ground_status, post.author_id AS ground_author_id,
    post.deleted_at IS NOT NULL AS ground_deleted"""


def comment_from(row: asyncpg.Record) -> Comment:
    return Comment(
        id=CommentId(row["id"]),
        post_id=PostId(row["post_id"]),
        parent_id=row["parent_id"],
        lineage=tuple(row["lineage"]),
        author=_author(row),
        content=row["content"],
        status=CommentStatus(row["status"]),
        answers=row["answers"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        deleted_at=row["deleted_at"],
        version=row["version"],
    )


def ground_from(row: asyncpg.Record) -> Ground:
    return Ground(
        post_id=PostId(row["ground_id"]),
        status=Status(row["ground_status"]),
        author=UserId(row["ground_author_id"]),
        deleted=row["ground_deleted"],
    )


def _author(row: asyncpg.Record) -> Byline | Guest:
    if row["author_id"] is None:
        return Guest(row["guest_name"], row["author_email"], row["author_url"])
    return Byline(UserId(row["author_id"]), row["username"], row["author_name"])
