"""Accounts, as administration sees them."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from serinus.application import acting
from serinus.domain.identity.accounts import (
    Account,
    AccountNotFound,
    EmailTaken,
    UsernameTaken,
    username_key,
)
from serinus.domain.identity.caller import Role, UserId
from serinus.infrastructure.postgres.failures import translate_errors


class PostgresAccountBook:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, account: Account, password_hash: str | None) -> None:
        try:
            with translate_errors():
                await self._pool.execute(
                    """
                    INSERT INTO users (id, username, username_key, email, password_hash,
                                       role, created_at, updated_at, first_name, last_name)
                    SELECT $1, $2, $3, $4, $5, $6, $7, $7, $8, $9 WHERE (SELECT acting($10))
                    """,
                    account.id,
                    account.username,
                    username_key(account.username),
                    account.email,
                    password_hash,
                    account.role,
                    account.created_at,
                    account.first_name,
                    account.last_name,
                    acting.told(),
                )
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "users_email_key":
                raise EmailTaken(f"{account.email} has an account already") from error
            raise UsernameTaken(f"the name {account.username} is taken") from error

    async def newest(self) -> Sequence[Account]:
        with translate_errors():
            rows = await self._pool.fetch(
                """
                SELECT id, username, email, first_name, last_name, role, is_active,
                       email_verified, last_login, created_at, updated_at, version
                  FROM users ORDER BY created_at DESC, id DESC LIMIT 100
                """
            )
        return [_account(row) for row in rows]

    async def username(self, email: str) -> str:
        with translate_errors():
            name: str | None = await self._pool.fetchval(
                "SELECT username FROM users WHERE email = $1", email
            )
        if name is None:
            raise AccountNotFound(f"nobody has the address {email}")
        return name

    async def set_password(self, email: str, password_hash: str, *, at: datetime) -> Account:
        with translate_errors():
            row = await self._pool.fetchrow(
                """
                WITH changed AS (
                    UPDATE users SET password_hash = $2, updated_at = $3, version = version + 1
                     WHERE email = $1 AND (SELECT acting($4))
                    RETURNING id, username, email, first_name, last_name, role, is_active,
                              email_verified, last_login, created_at, updated_at, version
                ), ended AS (
                    UPDATE sessions SET ended_at = $3, end_reason = 'password_changed'
                      FROM changed WHERE user_id = changed.id AND ended_at IS NULL
                )
                SELECT * FROM changed
                """,
                email,
                password_hash,
                at,
                acting.told(),
            )
        if row is None:
            raise AccountNotFound(f"nobody has the address {email}")
        return _account(row)

    async def is_empty(self) -> bool:
        with translate_errors():
            return not await self._pool.fetchval("SELECT EXISTS (SELECT FROM users)")


def _account(row: asyncpg.Record) -> Account:
    values = dict(row)
    return Account(**values | {"id": UserId(row["id"]), "role": Role(row["role"])})
