"""Who is asking: somebody with a token, or a program with an API key of theirs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from serinus.legacy.acting import note_user
from serinus.legacy.envelope import unauthorized
from serinus.legacy.models import ApiKey, LoginSession, Role, User
from serinus.legacy.permissions import allowed_by
from serinus.legacy.raw_keys import is_key, key_id_in
from serinus.legacy.resources import Session, Shared
from serinus.legacy.tokens import InvalidToken

MISSING_HEADER = "Missing or malformed authorization header."
INVALID_TOKEN = "Invalid or expired token."  # noqa: S105 - a text, not a token

USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """`permissions` are those of an API key, which can only narrow what the role allows."""

    user: User
    permissions: frozenset[str] | None = None

    @property
    def id(self) -> UUID:
        return self.user.id

    @property
    def role(self) -> Role:
        return self.user.role


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCaller(Caller):
    session_id: UUID


async def has_session(request: Request, session: Session, resources: Shared) -> SessionCaller:
    """Raises 401 unless the token is good, its session goes on and its user is active.

    For what no API key may do: here one is as if it were not sent.
    """
    try:
        claims = resources.tokens.read(_bearer_token(request))
    except InvalidToken:
        raise unauthorized(INVALID_TOKEN) from None
    user = await session.scalar(
        select(User)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.id == claims.session_id,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > datetime.now(UTC),
            User.id == claims.user_id,
            User.is_active,
        )
    )
    if user is None:
        raise unauthorized(INVALID_TOKEN)
    note_user(session, user.id)
    return SessionCaller(user=user, session_id=claims.session_id)


async def signed_in(request: Request, session: Session, resources: Shared) -> Caller:
    """Raises 401. A key is looked at only where there is no token."""
    raw_key = request.headers.get("x-api-key")
    if raw_key is not None and "authorization" not in request.headers:
        return await _key_holder(session, raw_key.strip())
    return await has_session(request, session, resources)


HasSession = Annotated[SessionCaller, Depends(has_session)]
SignedIn = Annotated[Caller, Depends(signed_in)]


async def _key_holder(session: AsyncSession, raw_key: str) -> Caller:
    key_id, now = key_id_in(raw_key), datetime.now(UTC)
    if key_id is None:
        raise unauthorized(INVALID_TOKEN)
    found = (
        await session.execute(
            select(ApiKey, User)
            .join(User, User.id == ApiKey.user_id)
            .where(
                ApiKey.id == key_id,
                ApiKey.revoked_at.is_(None),
                or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
                User.is_active,
            )
        )
    ).one_or_none()
    if found is None or not is_key(raw_key, found.ApiKey.key_hash):
        raise unauthorized(INVALID_TOKEN)
    note_user(session, found.User.id, key_id)
    await _note_use(session, found.ApiKey, now)
    return Caller(found.User, allowed_by(found.ApiKey.scopes))


async def _note_use(session: AsyncSession, key: ApiKey, now: datetime) -> None:
    """To the minute: a read must not cost a write each time."""
    before = now - USE_NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return
    # Past the session, which would tell the database who writes: uses are not on record.
    connection = await session.connection()
    await connection.execute(
        update(ApiKey)
        .where(
            ApiKey.id == key.id,
            # Of two requests at once, one notes it.
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= before),
        )
        .values(last_used_at=now)
    )
    # Whatever becomes of the request, and before it can wait for anything: a locked row would
    # keep the next use of the key waiting with it.
    await session.commit()


def _bearer_token(request: Request) -> str:
    scheme, _, token = (request.headers.get("authorization") or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise unauthorized(MISSING_HEADER)
    return token
