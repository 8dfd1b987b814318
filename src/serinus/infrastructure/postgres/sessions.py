"""Sessions and refresh tokens in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from serinus.application import acting
from serinus.application.identity.ports import SignInProof
from serinus.domain.identity.accounts import Account, username_key
from serinus.domain.identity.caller import SessionId, UserId
from serinus.domain.identity.sessions import (
    LONG,
    SHORT,
    EndReason,
    InvalidToken,
    Session,
    TokenReused,
)
from serinus.infrastructure.postgres.accounts import account_from, name_taken
from serinus.infrastructure.postgres.failures import translate_errors

#: What of `users` an account is made of; the hash stays in the database.
ACCOUNT = """
    u.id, u.username, u.email, u.first_name, u.last_name, u.role, u.is_active,
    u.email_verified, u.last_login, u.created_at, u.updated_at, u.version
"""


class PostgresSessions:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def register(
        self, account: Account, password_hash: str, session: Session, token: bytes
    ) -> None:
        try:
            with translate_errors():
                await self._pool.execute(
                    """
                    WITH account AS (
                        INSERT INTO users (id, username, username_key, email, password_hash,
                                           first_name, last_name, role, is_active,
                                           email_verified, last_login, created_at, updated_at)
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true, false, $9, $9, $9)
                    ), session AS (
                        INSERT INTO sessions (id, user_id, remember, created_at, expires_at)
                        VALUES ($10, $1, $11, $9, $12)
                    )
                    INSERT INTO refresh_tokens (token_hash, session_id, issued_at)
                    SELECT $13, $10, $9 WHERE (SELECT acting($14))
                    """,
                    account.id,
                    account.username,
                    username_key(account.username),
                    account.email,
                    password_hash,
                    account.first_name,
                    account.last_name,
                    account.role,
                    account.created_at,
                    session.id,
                    session.remember,
                    session.expires_at,
                    token,
                    acting.told(),
                )
        except asyncpg.UniqueViolationError as error:
            raise name_taken(error) from error

    async def open(
        self, session: Session, token: bytes, proof: SignInProof, *, at: datetime
    ) -> Account | None:
        with translate_errors():
            row = await self._pool.fetchrow(
                f"""
                WITH account AS (
                    -- The hash must still be the one that was verified: a password changed a
                    -- moment ago has ended all sessions, and must not be followed by a new one.
                    UPDATE users u SET last_login = $8, password_hash = COALESCE($7, $6)
                     WHERE u.id = $2 AND u.is_active AND u.password_hash = $6
                       AND (SELECT acting($10))
                    RETURNING {ACCOUNT}
                ), session AS (
                    INSERT INTO sessions (id, user_id, remember, created_at, expires_at)
                    SELECT $1, id, $3, $8, $4 FROM account
                    RETURNING id
                ), token AS (
                    INSERT INTO refresh_tokens (token_hash, session_id, issued_at)
                    SELECT $5, id, $8 FROM session
                ), cleared AS (
                    DELETE FROM sessions WHERE user_id = $2 AND expires_at < $8 - $9::interval
                )
                SELECT * FROM account
                """,  # noqa: S608 - a constant of this module
                session.id,
                session.user_id,
                session.remember,
                session.expires_at,
                token,
                proof.verified,
                proof.upgraded,
                at,
                LONG,
                acting.told(),
            )
        return account_from(row) if row else None

    async def rotate(
        self, token: bytes, successor: bytes, *, at: datetime
    ) -> tuple[SessionId, Account]:
        with translate_errors():
            row = await self._pool.fetchrow(
                ROTATION, token, successor, at, SHORT, LONG, acting.told()
            )
        if row is None:
            raise InvalidToken("there is no such refresh token")
        if row["reused"]:
            raise TokenReused("this refresh token was used before; the session has ended")
        if row["id"] is None:
            raise InvalidToken("the session is over")
        return SessionId(row["session_id"]), account_from(row)

    async def live_account(
        self, session_id: SessionId, user_id: UserId, *, at: datetime
    ) -> Account | None:
        with translate_errors():
            row = await self._pool.fetchrow(
                f"""
                SELECT {ACCOUNT}
                  FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL
                   AND s.expires_at > $3 AND u.is_active
                """,  # noqa: S608 - a constant of this module
                session_id,
                user_id,
                at,
            )
        return account_from(row) if row else None

    async def of_user(self, user_id: UserId, *, at: datetime) -> Sequence[Session]:
        with translate_errors():
            rows = await self._pool.fetch(
                """
                SELECT id, user_id, remember, created_at, expires_at
                  FROM sessions
                 WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
                 ORDER BY created_at DESC, id DESC
                 LIMIT 100
                """,
                user_id,
                at,
            )
        return [_session(row) for row in rows]

    async def end(
        self, session_id: SessionId, user_id: UserId, reason: EndReason, *, at: datetime
    ) -> bool:
        with translate_errors():
            ended = await self._pool.fetchval(
                """
                UPDATE sessions SET ended_at = $4, end_reason = $3
                 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $4
                   AND (SELECT acting($5))
                RETURNING true
                """,
                session_id,
                user_id,
                reason,
                at,
                acting.told(),
            )
        return ended is not None


# The token's row is locked first. Of two that present one token, the second waits there, and
# then reads `spent_at` as the first has written it: PostgreSQL gives a locking read the newest
# version of the row, while the rest of the statement still sees its old snapshot. That is why
# everything below asks `presented`, and never the table again.
ROTATION = f"""
WITH presented AS MATERIALIZED (
    SELECT session_id, spent_at FROM refresh_tokens WHERE token_hash = $1 FOR UPDATE
), account AS (
    UPDATE sessions s
       SET expires_at = $3 + CASE WHEN s.remember THEN $5::interval ELSE $4::interval END
      FROM presented p, users u
     WHERE s.id = p.session_id AND p.spent_at IS NULL
       AND s.ended_at IS NULL AND s.expires_at > $3
       AND u.id = s.user_id AND u.is_active
    RETURNING s.id AS session_id, {ACCOUNT}
), spent AS (
    UPDATE refresh_tokens t SET spent_at = $3 FROM account
     WHERE t.token_hash = $1
    RETURNING t.session_id
), issued AS (
    INSERT INTO refresh_tokens (token_hash, session_id, issued_at)
    SELECT $2, session_id, $3 FROM spent
), ended AS (
    UPDATE sessions s SET ended_at = $3, end_reason = 'reuse'
      FROM presented p
     WHERE s.id = p.session_id AND p.spent_at IS NOT NULL AND s.ended_at IS NULL
       AND (SELECT acting($6))
)
SELECT p.spent_at IS NOT NULL AS reused, account.*
  FROM presented p LEFT JOIN account ON true
"""  # noqa: S608 - a constant of this module


def _session(row: asyncpg.Record) -> Session:
    return Session(
        id=SessionId(row["id"]),
        user_id=UserId(row["user_id"]),
        remember=row["remember"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
