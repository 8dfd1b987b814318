"""Accounts and sessions with the details a test does not care about filled in."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
from uuid_utils.compat import uuid7

from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Role, SessionId, UserId
from serinus.domain.identity.sessions import Session, lifetime
from serinus.infrastructure.postgres.sessions import PostgresSessions

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
# Argon2id of "seven-red-hats" with the least work there is: what it costs is tested elsewhere.
PASSWORD = "seven-red-hats"
HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$O1XkvMwHnE5lCXMRjtQUhg"
    "$pBAM7hDir6Gp9Vj3NXY8Mpe1dPzEN0Uvi/EOd3Xltvc"
)


def an_account(username: str = "ada", **changes: Any) -> Account:
    account = Account(
        id=UserId(uuid7()),
        username=username,
        email=f"{username.lower()}@example.org",
        first_name=None,
        last_name=None,
        role=Role.SUBSCRIBER,
        is_active=True,
        email_verified=False,
        last_login=NOON,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(account, **changes)


def a_session(account: Account, *, remember: bool = False, at: datetime = NOON) -> Session:
    return Session(
        id=SessionId(uuid7()),
        user_id=account.id,
        remember=remember,
        created_at=at,
        expires_at=at + lifetime(remember=remember),
    )


def a_token(number: int = 1) -> bytes:
    """What is stored of a refresh token."""
    return number.to_bytes(32, "big")


async def signed_up(
    pool: asyncpg.Pool, account: Account, *, hashed: str = HASH, token: bytes | None = None
) -> Session:
    """Store the account with one session, and give that."""
    session = a_session(account)
    stored = token or a_token(account.id.int % 2**64)
    await PostgresSessions(pool).register(account, hashed, session, stored)
    return session
