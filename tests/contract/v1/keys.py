"""API keys of contract v1, as tests make them and use them."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from uuid_utils.compat import uuid7

from serinus.domain.identity.api_keys import ApiKeyId, key_hash, raw_key
from tests.contract.v1.clients import Person, data

Database = asyncpg.Pool | PoolConnectionProxy

BAD_KEY = (401, "Invalid or expired token.")
NO_TOKEN = (401, "Missing or malformed authorization header.")
FORBIDDEN = (403, "Insufficient permissions")
PERMISSIONS = ["posts:read", "posts:write", "users:read", "users:write", "search:reindex"]
POST = {"title": "t", "content": "c"}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def made(person: Person, *permissions: str, name: str = "Deploy") -> dict[str, Any]:
    """A new key as it is answered."""
    body = {"name": name, "permissions": list(permissions) or ["posts:read"]}
    created: dict[str, Any] = data(await person.post("/api-keys", **body), 201)
    return created


def holding(person: Person, raw: str) -> Person:
    """A program that shows the key instead of a token."""
    return Person(
        person.id, person.username, person.session_id, person.http, {"X-API-Key": raw}
    )


async def program(person: Person, *permissions: str) -> Person:
    return holding(person, (await made(person, *permissions))["raw_key"])


async def planted(pool: Database, person: Person, *scopes: str, **columns: Any) -> str:
    """A key as another contract may have made it."""
    key_id = ApiKeyId(uuid7())
    raw = raw_key(key_id, key_id.int)
    row = {
        "id": key_id,
        "user_id": person.id,
        "name": "Planted",
        "key_hash": key_hash(raw),
        "scopes": list(scopes or ("posts:read",)),
        "created_at": LONG_AGO,
        **columns,
    }
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    statement = f"INSERT INTO api_keys ({', '.join(row)}) VALUES ({places})"  # noqa: S608 - ours
    await pool.execute(statement, *row.values())
    return raw


async def last_use(pool: asyncpg.Pool) -> datetime | None:
    """Of the only key there is."""
    used: datetime | None = await pool.fetchval("SELECT last_used_at FROM api_keys")
    return used
