"""Who is asking."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import select

from serinus.legacy.envelope import unauthorized
from serinus.legacy.models import LoginSession, Role, User
from serinus.legacy.resources import Session, Shared
from serinus.legacy.tokens import InvalidToken

MISSING_HEADER = "Missing or malformed authorization header."
INVALID_TOKEN = "Invalid or expired token."  # noqa: S105 - a text, not a token


@dataclass(frozen=True, slots=True)
class Caller:
    """`permissions` of None: an API key can only narrow what the role allows."""

    user: User
    session_id: UUID
    permissions: frozenset[str] | None = None

    @property
    def id(self) -> UUID:
        return self.user.id

    @property
    def role(self) -> Role:
        return self.user.role


async def signed_in(request: Request, session: Session, resources: Shared) -> Caller:
    """Raises 401 unless the token is good, its session goes on and its user is active."""
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
    return Caller(user, claims.session_id)


SignedIn = Annotated[Caller, Depends(signed_in)]


def _bearer_token(request: Request) -> str:
    header = request.headers.get("authorization")
    if header is None and "x-api-key" in request.headers:
        raise InvalidToken  # this engine has issued no keys
    scheme, _, token = (header or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise unauthorized(MISSING_HEADER)
    return token
