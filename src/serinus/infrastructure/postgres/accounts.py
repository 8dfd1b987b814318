"""Accounts in PostgreSQL."""

from collections.abc import Sequence

import asyncpg

from serinus.application import acting
from serinus.application.identity.ports import Credentials, NewPassword
from serinus.domain.errors import Conflict, Stale
from serinus.domain.identity.accounts import (
    Account,
    AccountNotFound,
    EmailTaken,
    UsernameTaken,
    username_key,
)
from serinus.domain.identity.caller import Role, UserId
from serinus.domain.identity.people import LastSuperAdmin
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.rounds import in_rounds


class PostgresAccounts:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def credentials(self, email: str) -> Credentials | None:
        with translate_errors():
            row = await self._pool.fetchrow(
                "SELECT id, is_active, password_hash FROM users WHERE email = $1", email
            )
        if row is None:
            return None
        return Credentials(UserId(row["id"]), row["is_active"], row["password_hash"])

    async def password_hash(self, user_id: UserId) -> str | None:
        with translate_errors():
            stored: str | None = await self._pool.fetchval(
                "SELECT password_hash FROM users WHERE id = $1", user_id
            )
        return stored

    async def save(
        self,
        account: Account,
        *,
        password: NewPassword | None = None,
        spare_last: bool = False,
    ) -> Account:
        try:
            # Two who take each other's name at once would each wait for the other.
            row = await in_rounds(lambda: self._save(account, password, spare_last=spare_last))
        except asyncpg.UniqueViolationError as error:
            raise name_taken(error) from error
        if row is None:
            raise AccountNotFound(f"no user {account.id}")
        if row["id"] is None:
            raise Stale(row["stored_version"])
        return account_from(row)

    async def _save(
        self, account: Account, password: NewPassword | None, *, spare_last: bool
    ) -> asyncpg.Record | None:
        arguments = (
            account.id,
            account.version,
            account.username,
            username_key(account.username),
            account.email,
            account.first_name,
            account.last_name,
            account.role,
            account.is_active,
            account.email_verified,
            account.updated_at,
            password.hashed if password else None,
            password.keep if password else None,
            acting.told(),
        )
        if account.is_active and password is None and not spare_last:
            return await self._pool.fetchrow(SAVE, *arguments)
        async with self._pool.acquire() as connection, connection.transaction():
            if spare_last:
                _check_one_is_left(await connection.fetch(SUPER_ADMINS), account)
            # Waited for first: a statement ends only the sessions that were there when it
            # began, and somebody may be signing in.
            await connection.execute(LOCK, account.id)
            return await connection.fetchrow(SAVE, *arguments)


# All of them, in one order: two who each demote the other take turns, and the second sees what
# the first has done.
SUPER_ADMINS = """
SELECT id FROM users WHERE role = 'super_admin' AND is_active ORDER BY id FOR UPDATE
"""

LOCK = "SELECT FROM users WHERE id = $1 FOR UPDATE"

# The row is locked before its version is looked at: of two writers with the same version, the
# second waits, and is told the version that the first one wrote.
SAVE = """
WITH stored AS (
    SELECT version AS stored_version FROM users WHERE id = $1 FOR UPDATE
), saved AS (
    UPDATE users
       SET username = $3, username_key = $4, email = $5, first_name = $6,
           last_name = $7, role = $8, is_active = $9, email_verified = $10,
           password_hash = COALESCE($12, password_hash),
           updated_at = $11, version = version + 1
      FROM stored
     WHERE id = $1 AND stored_version = $2 AND version = $2 AND (SELECT acting($14))
    RETURNING users.*
), ended AS (
    UPDATE sessions
       SET ended_at = $11,
           end_reason = CASE WHEN $9 THEN 'password_changed' ELSE 'deactivated' END
      FROM saved
     WHERE sessions.user_id = saved.id AND ended_at IS NULL
       AND (NOT $9 OR ($12 IS NOT NULL AND sessions.id IS DISTINCT FROM $13))
)
SELECT stored_version, saved.* FROM stored LEFT JOIN saved ON true
"""


def _check_one_is_left(super_admins: Sequence[asyncpg.Record], account: Account) -> None:
    """Raise `LastSuperAdmin` when the account, which is to be none any more, is the only."""
    if [row["id"] for row in super_admins] == [account.id]:
        raise LastSuperAdmin("this is the last active super administrator")


def name_taken(error: asyncpg.UniqueViolationError) -> Conflict:
    """Which of the two names of an account somebody else has."""
    if error.constraint_name == "users_email_key":
        return EmailTaken("this e-mail address is registered already")
    return UsernameTaken("this user name is taken")


def account_from(row: asyncpg.Record) -> Account:
    """From a row that holds the columns of `users` under their names."""
    return Account(
        id=UserId(row["id"]),
        username=row["username"],
        email=row["email"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        role=Role(row["role"]),
        is_active=row["is_active"],
        email_verified=row["email_verified"],
        last_login=row["last_login"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )
