"""Posts and their authors with the details a test does not care about filled in."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
from uuid_utils.compat import uuid7

from serinus.application.content.ports import Term
from serinus.domain.content.post import Byline, Post, PostId, Text
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ADA = Byline(UserId(uuid7()), "ada", "Ada Lovelace")


def a_post(title: str = "Canaries sing", **changes: Any) -> Post:
    post = Post(
        id=PostId(uuid7()),
        author=ADA,
        slug="",
        text=Text(title=title, content="They do."),
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(post, **changes)


def terms(*names: str) -> list[Term]:
    return [Term(uuid7(), name) for name in names]


def a_caller(role: Role = Role.AUTHOR, user_id: UserId = ADA.id) -> Caller:
    return Caller(user_id, role, SessionId(uuid7()))


async def add_author(
    pool: asyncpg.Pool, author: Byline = ADA, role: Role = Role.AUTHOR
) -> None:
    """Make the account behind a byline, in a database of its own."""
    first, _, last = author.name.partition(" ")
    await pool.execute(
        """
        INSERT INTO users (id, username, username_key, email, first_name, last_name, role,
                           created_at, updated_at)
        VALUES ($1, $2, $2, $2 || '@example.org', $3, $4, $5, $6, $6)
        """,
        author.id,
        author.username,
        first,
        last or None,
        role,
        NOON,
    )
