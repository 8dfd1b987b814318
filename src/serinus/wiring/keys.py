"""API keys from the command line: for any account, by trust."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from serinus.application.identity.api_keys import IssuedKey, KeyRing
from serinus.domain.identity.accounts import AccountNotFound, clean_email
from serinus.domain.identity.api_keys import ApiKey, ApiKeyId, ApiKeyNotFound
from serinus.domain.identity.caller import UserId
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.api_keys import PostgresApiKeys
from serinus.wiring.clock import new_id, now

KEY_BITS = 256


def key_ring(pool: asyncpg.Pool) -> KeyRing:
    return KeyRing(
        PostgresApiKeys(pool), now, new_id, new_secret=lambda: secrets.randbits(KEY_BITS)
    )


async def create(
    pool: asyncpg.Pool, *, email: str, name: str, scopes: Sequence[str], days: int | None
) -> IssuedKey:
    """Raise `AccountNotFound`, `Invalid`, `TooManyApiKeys`."""
    return await key_ring(pool).issue(
        await account_of(pool, email),
        name=name,
        scopes=scopes,
        expires_at=None if days is None else now() + timedelta(days=days),
    )


async def of_account(pool: asyncpg.Pool, email: str) -> Sequence[ApiKey]:
    """Raise `AccountNotFound`."""
    return await PostgresApiKeys(pool).of_user(await account_of(pool, email))


async def revoke(pool: asyncpg.Pool, key_id: UUID) -> ApiKey:
    """Raise `ApiKeyNotFound`."""
    revoked = await PostgresApiKeys(pool).revoke(ApiKeyId(key_id), None, at=now())
    if revoked is None:
        raise ApiKeyNotFound(f"there is no key {key_id}, or it was revoked already")
    return revoked


async def account_of(pool: asyncpg.Pool, email: str) -> UserId:
    known = await PostgresAccounts(pool).credentials(clean_email(email))
    if known is None:
        raise AccountNotFound(f"nobody has the address {email}")
    return known.user_id
