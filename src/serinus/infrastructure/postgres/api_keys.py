"""API keys in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from serinus.application import acting
from serinus.application.identity.api_keys import LiveKey
from serinus.domain.content.listing import Listing, Page
from serinus.domain.identity.accounts import AccountNotFound
from serinus.domain.identity.api_keys import (
    MAX_KEYS,
    ApiKey,
    ApiKeyId,
    ApiKeyNotFound,
    TooManyApiKeys,
)
from serinus.domain.identity.caller import SessionId, UserId
from serinus.domain.identity.sessions import InvalidToken
from serinus.infrastructure.postgres.account_pages import keys_sql
from serinus.infrastructure.postgres.accounts import account_from
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import Arguments, count_of
from serinus.infrastructure.postgres.sessions import ACCOUNT

#: How exactly `last_used_at` is known: a read must not cost a write each time.
NOTED_EVERY = timedelta(minutes=1)

SHOWN = "id, user_id, name, scopes, created_at, expires_at, last_used_at"

# Two that make a key for one account at once would not see each other's: the second waits.
LOCK_OWNER = "SELECT true FROM users WHERE id = $1 FOR NO KEY UPDATE"

# A key outlives the session that made it. Who stole one that has just been ended, with the
# account or by a new password, and sends the body slowly, must not get a key for later.
IS_LIVE = """
SELECT true FROM sessions s JOIN users u ON u.id = s.user_id
 WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > $3
   AND u.is_active
"""

ADD = """
INSERT INTO api_keys (id, user_id, name, key_hash, scopes, created_at, expires_at)
SELECT $1, $2, $3, $4, $5, $6, $7
 WHERE $8 > (SELECT count(*) FROM api_keys WHERE user_id = $2 AND revoked_at IS NULL)
   AND (SELECT acting($9))
RETURNING true
"""

OF_USER = f"""
SELECT {SHOWN} FROM api_keys
 WHERE user_id = $1 AND revoked_at IS NULL
 ORDER BY created_at DESC, id DESC
"""  # noqa: S608 - a constant of this module

GET = f"""
SELECT {SHOWN} FROM api_keys
 WHERE id = $1 AND user_id = COALESCE($2, user_id) AND revoked_at IS NULL
"""  # noqa: S608 - a constant of this module

REVOKE = f"""
UPDATE api_keys SET revoked_at = $3
 WHERE id = $1 AND user_id = COALESCE($2, user_id) AND revoked_at IS NULL
   AND (SELECT acting($4))
RETURNING {SHOWN}
"""  # noqa: S608 - a constant of this module

LIVE = f"""
SELECT k.key_hash, k.scopes, k.last_used_at, {ACCOUNT}
  FROM api_keys k JOIN users u ON u.id = k.user_id
 WHERE k.id = $1 AND k.revoked_at IS NULL AND u.is_active
   AND (k.expires_at IS NULL OR k.expires_at > $2)
"""  # noqa: S608 - a constant of this module

# Of many requests that use a key when a minute is over, one notes it. The others find the row
# locked and go on: nobody waits to read.
LIVE_AND_NOTED = f"""
WITH shown AS ({LIVE}), unnoted AS (
    SELECT k.id FROM api_keys k
     WHERE k.id = $1 AND k.key_hash = $3 AND k.revoked_at IS NULL
       AND (k.last_used_at IS NULL OR k.last_used_at <= $2 - $4::interval)
       AND EXISTS (SELECT FROM shown)
       FOR NO KEY UPDATE SKIP LOCKED
), noted AS (
    UPDATE api_keys k SET last_used_at = $2 FROM unnoted WHERE k.id = unnoted.id
)
SELECT * FROM shown
"""  # noqa: S608 - constants


class PostgresApiKeys:
    """`noting`: whether it is noted that a key was used, which is a write."""

    def __init__(self, pool: asyncpg.Pool, *, noting: bool = True) -> None:
        self._pool, self._noting = pool, noting

    async def add(
        self, key: ApiKey, key_hash: bytes, *, session: SessionId | None = None
    ) -> None:
        with translate_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                if not await connection.fetchval(LOCK_OWNER, key.user_id):
                    raise AccountNotFound(f"no user {key.user_id}")
                if session is not None:
                    asking = (session, key.user_id, key.created_at)
                    if not await connection.fetchval(IS_LIVE, *asking):
                        raise InvalidToken("the session is over")
                added = await connection.fetchval(
                    ADD,
                    key.id,
                    key.user_id,
                    key.name,
                    key_hash,
                    key.scopes,
                    key.created_at,
                    key.expires_at,
                    MAX_KEYS,
                    acting.told(),
                )
        if not added:
            raise TooManyApiKeys(f"an account has at most {MAX_KEYS} keys: revoke one first")

    async def of_user(self, user_id: UserId) -> Sequence[ApiKey]:
        with translate_errors():
            rows = await self._pool.fetch(OF_USER, user_id)
        return [key_from(row) for row in rows]

    async def get(self, key_id: ApiKeyId, owner: UserId | None) -> ApiKey:
        with translate_errors():
            row = await self._pool.fetchrow(GET, key_id, owner)
        if row is None:
            raise ApiKeyNotFound("there is no such key")
        return key_from(row)

    async def listed(self, owner: UserId, listing: Listing) -> Page[ApiKey]:
        arguments = Arguments()
        sql = keys_sql(SHOWN, owner, listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        found = [key_from(row) for row in rows if row["id"] is not None]
        return Page.cut(found, listing, count_of(rows, listing))

    async def revoke(
        self, key_id: ApiKeyId, owner: UserId | None, *, at: datetime
    ) -> ApiKey | None:
        with translate_errors():
            row = await self._pool.fetchrow(REVOKE, key_id, owner, at, acting.told())
        return key_from(row) if row else None

    async def live(self, key_id: ApiKeyId, key_hash: bytes, *, at: datetime) -> LiveKey | None:
        with translate_errors():
            if self._noting:
                noted = (key_id, at, key_hash, NOTED_EVERY)
                row = await self._pool.fetchrow(LIVE_AND_NOTED, *noted)
            else:
                row = await self._pool.fetchrow(LIVE, key_id, at)
        if row is None:
            return None
        return LiveKey(row["key_hash"], frozenset(row["scopes"]), account_from(row))


def key_from(row: asyncpg.Record) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(row["id"]),
        user_id=UserId(row["user_id"]),
        name=row["name"],
        scopes=tuple(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
    )
