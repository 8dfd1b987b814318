"""API keys in PostgreSQL: what one statement finds and notes, and who waits for whom."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.identity.accounts import Account
from serinus.domain.identity.api_keys import MAX_KEYS, ApiKey, ApiKeyId, TooManyApiKeys
from serinus.infrastructure.postgres.api_keys import (
    LIVE_AND_NOTED,
    NOTED_EVERY,
    PostgresApiKeys,
)
from serinus.infrastructure.postgres.read_only import read_only_pool
from tests.support.identity import NOON, an_account, signed_up

SECOND = timedelta(seconds=1)
HASH, OTHER_HASH = b"h" * 32, b"o" * 32


@pytest.fixture
def keys(pool: asyncpg.Pool) -> PostgresApiKeys:
    return PostgresApiKeys(pool)


@pytest.fixture
async def ada(pool: asyncpg.Pool) -> Account:
    ada = an_account()
    await signed_up(pool, ada)
    return ada


def a_key(owner: Account, *, expires_at: datetime | None = None) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(uuid7()),
        user_id=owner.id,
        name="Deploy",
        scopes=("posts:write", "posts:read"),
        created_at=NOON,
        expires_at=expires_at,
    )


async def last_use(keys: PostgresApiKeys, owner: Account) -> datetime | None:
    (key,) = await keys.of_user(owner.id)
    return key.last_used_at


async def test_who_may_not_write_finds_the_same_key_and_notes_nothing(
    keys: PostgresApiKeys, ada: Account, database_url: str
) -> None:
    key = a_key(ada)
    await keys.add(key, HASH)
    pool = read_only_pool(database_url, size=1, statement_timeout=5)
    await pool

    found = await PostgresApiKeys(pool, noting=False).live(key.id, HASH, at=NOON)
    await pool.close()

    assert await last_use(keys, ada) is None
    assert found == await keys.live(key.id, HASH, at=NOON)
    assert await last_use(keys, ada) == NOON


async def test_a_live_key_comes_with_its_owner(keys: PostgresApiKeys, ada: Account) -> None:
    key = a_key(ada, expires_at=NOON + SECOND)
    await keys.add(key, HASH)

    live = await keys.live(key.id, OTHER_HASH, at=NOON)

    assert live is not None
    assert live.key_hash == HASH
    assert live.scopes == {"posts:read", "posts:write"}
    assert live.account == ada
    assert await keys.live(key.id, HASH, at=NOON + SECOND) is None
    assert await keys.live(ApiKeyId(uuid7()), HASH, at=NOON) is None


async def test_a_use_is_noted_when_the_last_one_is_a_minute_ago(
    keys: PostgresApiKeys, ada: Account
) -> None:
    key = a_key(ada)
    await keys.add(key, HASH)

    noted = []
    for seconds in (0, 1, 59, 60, 61, 119, 120):
        await keys.live(key.id, HASH, at=NOON + seconds * SECOND)
        used = await last_use(keys, ada)
        assert used is not None
        noted.append((used - NOON).total_seconds())

    assert noted == [0, 0, 0, 60, 60, 60, 120]


async def test_what_is_no_use_is_not_noted(
    pool: asyncpg.Pool, keys: PostgresApiKeys, ada: Account
) -> None:
    key = a_key(ada, expires_at=NOON + SECOND)
    await keys.add(key, HASH)

    await keys.live(key.id, OTHER_HASH, at=NOON)
    await keys.live(key.id, HASH, at=NOON + SECOND)
    await pool.execute("UPDATE users SET is_active = false")
    await keys.live(key.id, HASH, at=NOON)

    assert await last_use(keys, ada) is None


async def test_nobody_waits_to_use_a_key(
    pool: asyncpg.Pool, keys: PostgresApiKeys, ada: Account
) -> None:
    key = a_key(ada)
    await keys.add(key, HASH)

    async with pool.acquire() as another, another.transaction():
        await another.execute("UPDATE api_keys SET name = 'being renamed'")
        async with asyncio.timeout(5):
            live = await keys.live(key.id, HASH, at=NOON)

    assert live is not None


async def test_a_key_is_found_by_its_id_alone(
    pool: asyncpg.Pool, keys: PostgresApiKeys, ada: Account
) -> None:
    key = a_key(ada)
    await keys.add(key, HASH)
    # Of one key or two, any index is as good as another.
    await pool.execute(
        """
        INSERT INTO api_keys (id, user_id, name, key_hash, scopes, created_at)
        SELECT gen_random_uuid(), $1, 'n', $2, '{posts:read}', $3
          FROM generate_series(1, 2000)
        """,
        ada.id,
        OTHER_HASH,
        NOON,
    )
    await pool.execute("ANALYZE api_keys")

    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        rows = await connection.fetch(
            f"EXPLAIN {LIVE_AND_NOTED}", key.id, NOON, HASH, NOTED_EVERY
        )

    plan = "\n".join(row[0] for row in rows)
    assert "api_keys_pkey" in plan
    assert "users_pkey" in plan
    assert "Seq Scan" not in plan


async def test_of_those_made_at_once_no_more_than_the_most_are_kept(
    pool: asyncpg.Pool, keys: PostgresApiKeys, ada: Account
) -> None:
    for _ in range(MAX_KEYS - 2):
        await keys.add(a_key(ada), HASH)

    made = await asyncio.gather(
        *(keys.add(a_key(ada), HASH) for _ in range(8)), return_exceptions=True
    )

    assert [type(each) for each in made].count(TooManyApiKeys) == 6
    assert len(await keys.of_user(ada.id)) == MAX_KEYS


async def test_whoever_may_revoke_any_key_names_no_owner(
    keys: PostgresApiKeys, ada: Account
) -> None:
    first, second = a_key(ada), a_key(ada)
    await keys.add(first, HASH)
    await keys.add(second, HASH)

    assert await keys.revoke(first.id, an_account().id, at=NOON) is None
    assert await keys.revoke(first.id, ada.id, at=NOON) == first
    assert await keys.revoke(second.id, None, at=NOON) == second
    assert await keys.revoke(second.id, None, at=NOON) is None
    assert await keys.of_user(ada.id) == []
