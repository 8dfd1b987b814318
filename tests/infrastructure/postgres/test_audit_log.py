"""What the database keeps on record by itself, and what it lets nobody do to the record."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy
from uuid_utils.compat import uuid7

from serinus.application.acting import Actor, Via, acting_as
from serinus.application.audit import Action, Entity
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog
from tests.support.audited import entries, written, wrote
from tests.support.identity import HASH, NOON, an_account, signed_up

#: Columns of audited tables that are not members of entries, and why.
LEFT_OUT = {
    "users": {"id", "username_key", "last_login", "created_at", "updated_at", "version"},
    "sessions": {"id", "created_at", "expires_at"},
    "api_keys": {"id", "created_at", "last_used_at"},
    "posts": {"id", "dated", "updated_at", "version", "changed_by", "changed_via"},
    "tags": {"id", "name_key", "usage_count", "created_at", "updated_at", "version"},
    "categories": {"id", "lineage", "created_at", "updated_at", "version"},
    "comments": {"id", "lineage", "answers", "shown", "created_at", "updated_at", "version"},
}

INSERT_POSTS = """
WITH made AS (
    INSERT INTO posts (id, author_id, slug, title, content, status, created_at, updated_at)
    SELECT gen_random_uuid(), $1, $2 || n, 'A title', 'Some content', 'draft', $3, $3
      FROM generate_series(1, $4) AS n WHERE (SELECT acting($5))
    RETURNING id, slug
)
INSERT INTO slugs (slug, post_id, created_at) SELECT slug, id, $3 FROM made
"""
EVERYTHING = """
UPDATE posts
   SET type = 'page', author_id = $2, slug = 'other', title = 't',
       content = repeat('long ', 9999),
       content_format = 'html', excerpt = 'e', status = 'scheduled', locale = 'ja',
       featured_image = 'https://example.org/i', meta_title = 'm', meta_description = 'd',
       created_at = $3, scheduled_at = $3, deleted_at = $3, version = 2
 WHERE id = $1
"""


@pytest.fixture
async def connection(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    async with pool.acquire() as connection:
        yield connection


@pytest.fixture
async def author(pool: asyncpg.Pool) -> UUID:
    account = an_account()
    await signed_up(pool, account)
    return account.id


async def add_posts(
    pool: asyncpg.Pool | PoolConnectionProxy, author: UUID, number: int = 1, actor: str = ""
) -> None:
    await pool.execute(INSERT_POSTS, author, f"{uuid7()}-", NOON, number, actor)


async def newest(pool: asyncpg.Pool) -> asyncpg.Record:
    return (await entries(pool))[-1]


@pytest.mark.parametrize("table", LEFT_OUT)
async def test_a_column_is_on_record_or_left_out_on_purpose(
    pool: asyncpg.Pool, table: str
) -> None:
    """Who adds a column runs `audit_writes_of` again, or adds it to `LEFT_OUT`."""
    columns = await pool.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", table
    )
    source = await pool.fetchval(
        "SELECT prosrc FROM pg_proc WHERE proname = $1 || '_audited'", table
    )

    silent = {name for (name,) in columns if f"'{name}', CASE" not in source}

    assert silent == LEFT_OUT[table]


async def test_every_action_and_entity_of_the_store_has_a_name(pool: asyncpg.Pool) -> None:
    sources = await pool.fetchval(
        """
        SELECT string_agg(prosrc, ' ') FROM pg_proc
         WHERE proname LIKE '%\\_audited' OR proname = 'prune_audit_log'
        """
    )
    statuses = {Action.PUBLISHED, Action.SCHEDULED, Action.ARCHIVED}  # as posts have them
    statuses |= {Action.APPROVED, Action.REJECTED}  # as comments have them

    assert all(f"'{action}'" in sources for action in set(Action) - statuses)
    assert all(f"'{entity}'" in sources for entity in Entity)


async def test_what_changed_is_told_with_what_was_there_before(
    pool: asyncpg.Pool, author: UUID
) -> None:
    await add_posts(pool, author)
    post = await pool.fetchrow("SELECT * FROM posts")
    assert post is not None
    other = an_account("eve")
    await signed_up(pool, other)

    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL timezone = 'Asia/Tokyo'")
        await connection.execute(
            "INSERT INTO slugs (slug, post_id, created_at) VALUES ('other', $1, $2)",
            post["id"],
            NOON,
        )
        await connection.execute(EVERYTHING, post["id"], other.id, NOON + timedelta(days=1))

    entry = await newest(pool)
    changes = entry["changes"]
    assert changes.keys() == set(post.keys()) - LEFT_OUT["posts"] - {"published_at"}
    assert changes["title"] == {"before": "A title", "after": "t"}
    assert changes["author_id"] == {"before": str(author), "after": str(other.id)}
    assert changes["scheduled_at"] == {"after": "2030-01-02T12:00:00.000000Z"}
    assert changes["content"]["before"]["bytes"] == len("Some content")
    assert changes["content"]["after"]["bytes"] == 5 * 9999
    assert (entry["action"], entry["version"]) == ("deleted", 2)
    assert len(json.dumps(changes)) < 2000


async def test_a_write_that_changes_nothing_is_on_record_by_its_version(
    pool: asyncpg.Pool, author: UUID
) -> None:
    await pool.execute("UPDATE users SET last_login = now(), updated_at = now()")
    before = len(await entries(pool))

    await pool.execute("UPDATE users SET version = version + 1")

    found = (await entries(pool))[before:]
    assert [(e["action"], e["entity_id"], e["version"]) for e in found] == [
        ("updated", author, 2)
    ]


async def test_hashing_a_password_anew_is_not_changing_it(
    pool: asyncpg.Pool, author: UUID
) -> None:
    await pool.execute("UPDATE users SET password_hash = $1 || 'x'", HASH)
    anew = await newest(pool)
    await pool.execute("UPDATE users SET password_hash = $1, version = version + 1", HASH)
    changed = await newest(pool)

    assert written([anew, changed]) == {
        wrote("user", "updated", "password_hash"),
        wrote("user", "password_changed", "password_hash"),
    }
    assert anew["changes"] == {"password_hash": {"changed": True}}


async def test_what_follows_from_other_writes_is_no_entry(
    pool: asyncpg.Pool, author: UUID
) -> None:
    before = len(await entries(pool))

    await pool.execute("UPDATE sessions SET expires_at = expires_at + interval '1 day'")
    await pool.execute(
        "UPDATE sessions SET created_at = '2020-01-01', expires_at = '2020-01-02'"
    )
    await pool.execute("DELETE FROM sessions")  # expired long ago
    await pool.execute("UPDATE users SET last_login = now()")

    assert len(await entries(pool)) == before


async def test_a_session_that_still_lives_is_not_removed_in_silence(
    pool: asyncpg.Pool, author: UUID
) -> None:
    await pool.execute("DELETE FROM sessions")

    assert (await newest(pool))["action"] == "signed_out"


async def test_of_a_guest_only_the_name_is_on_record(pool: asyncpg.Pool, author: UUID) -> None:
    await add_posts(pool, author)
    await pool.execute(
        """
        INSERT INTO comments (id, post_id, author_name, author_email, content, status,
                              created_at, updated_at)
        SELECT gen_random_uuid(), id, 'Guest', 'guest@example.org', 'Fine!', 'pending', $1, $1
          FROM posts
        """,
        NOON,
    )
    moderated = []
    for status in ("approved", "rejected", "spam", "pending"):
        await pool.execute("UPDATE comments SET status = $1", status)
        moderated.append((await newest(pool))["action"])
    await pool.execute("UPDATE comments SET deleted_at = now()")
    await pool.execute("UPDATE comments SET deleted_at = NULL")

    everything = str([dict(entry) for entry in await entries(pool)])
    assert "guest@example.org" not in everything
    assert "Fine!" not in everything
    assert moderated == ["approved", "rejected", "marked_as_spam", "updated"]
    assert [entry["action"] for entry in (await entries(pool))[-2:]] == ["deleted", "restored"]


async def test_a_thousand_posts_at_once_are_a_thousand_entries(
    pool: asyncpg.Pool, connection: PoolConnectionProxy, author: UUID
) -> None:
    # First a few, whose plans stay in use.
    for number in (1, 1000):
        await add_posts(connection, author, number)
        await connection.execute("UPDATE posts SET title = title || '!'")

    found = await entries(pool)
    posts = [entry["action"] for entry in found if entry["entity"] == "post"]
    assert posts == ["created"] + ["updated"] + 1000 * ["created"] + 1001 * ["updated"]
    assert len({entry["id"] for entry in found}) == len(found)
    assert {entry["id"].version for entry in found} == {7}


async def test_what_is_generated_is_on_record_by_statement(
    pool: asyncpg.Pool, author: UUID
) -> None:
    await add_posts(pool, author, 50, Actor(via=Via.GENERATE).told())

    entry = await newest(pool)
    assert (entry["action"], entry["entity"], entry["entity_id"]) == ("created", "post", None)
    assert (entry["via"], entry["changes"]) == ("generate", {"rows": {"count": 50}})


async def test_emptying_a_table_is_on_record(pool: asyncpg.Pool, author: UUID) -> None:
    await pool.execute("TRUNCATE users CASCADE")

    assert ("user", "deleted", frozenset()) in written(await entries(pool))


async def test_what_is_rolled_back_is_not_on_record(pool: asyncpg.Pool, author: UUID) -> None:
    before = len(await entries(pool))

    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await add_posts(connection, author)
        await transaction.rollback()

    assert len(await entries(pool)) == before


@pytest.mark.parametrize(
    "meddling",
    [
        "UPDATE audit_log SET via = 'cli'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        """
        INSERT INTO audit_log (id, action, entity, changes)
        SELECT id, 'created', 'post', '{}' FROM audit_log
        ON CONFLICT (id) DO UPDATE SET via = 'cli'
        """,
    ],
)
async def test_entries_are_never_changed_nor_removed(
    pool: asyncpg.Pool, author: UUID, meddling: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
        await pool.execute(meddling)


async def test_pruning_removes_what_is_too_old_and_is_on_record(
    pool: asyncpg.Pool, author: UUID
) -> None:
    old = len(await entries(pool))
    now = datetime.now(UTC)
    await add_posts(pool, author)

    with acting_as(Actor(via=Via.CLI)):
        pruned = await PostgresAuditLog(pool).prune(now)

    left = await entries(pool)
    assert pruned == old
    assert written(left[:-1]) == {
        wrote(
            *("post", "created", "type", "author_id", "slug", "title", "content"),
            *("content_format", "status", "locale", "created_at"),
        )
    }
    assert (left[-1]["action"], left[-1]["entity"], left[-1]["via"]) == (
        "pruned",
        "audit_log",
        "cli",
    )
    assert left[-1]["changes"]["entries"] == {"count": old}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM audit_log")


@pytest.mark.parametrize("told", [{}, {"address": "a" * 500, "request_id": "r" * 500}])
async def test_whoever_acts_an_entry_stays_small(
    pool: asyncpg.Pool, author: UUID, told: dict[str, Any]
) -> None:
    await add_posts(pool, author, actor=json.dumps(told))

    entry = await newest(pool)
    assert len(entry["address"] or "") <= 100
    assert len(entry["request_id"] or "") <= 128
