"""Sessions: one sign-in, and the family of refresh tokens that keeps it alive."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from serinus.legacy.authentication import INVALID_TOKEN
from serinus.legacy.envelope import unauthorized
from serinus.legacy.models import LoginSession, RefreshToken, User
from serinus.legacy.schemas import AuthSuccess, AuthTokens, UserInfo
from serinus.legacy.tokens import AccessTokens, Claims, new_refresh_token, refresh_token_hash

LIFETIME, REMEMBERED = timedelta(hours=24), timedelta(days=30)


async def begin(
    session: AsyncSession, tokens: AccessTokens, user: User, *, remember: bool
) -> AuthSuccess:
    """Sign the user in and commit."""
    now = datetime.now(UTC)
    login = LoginSession(
        id=uuid7(),
        user_id=user.id,
        remember=remember,
        created_at=now,
        expires_at=now + _lifetime(remember=remember),
    )
    session.add(login)
    return await _issue(session, tokens, user, login, now)


async def refresh(
    session: AsyncSession, tokens: AccessTokens, refresh_token: str
) -> AuthSuccess:
    """Both tokens anew, or 401. Using a token twice ends its session (RFC 9700, 4.14.2)."""
    now = datetime.now(UTC)
    # Locked, so that of two requests with one token the second finds it spent.
    found = (
        await session.execute(
            select(RefreshToken, LoginSession, User)
            .join(LoginSession, LoginSession.id == RefreshToken.session_id)
            .join(User, User.id == LoginSession.user_id)
            .where(RefreshToken.token_hash == refresh_token_hash(refresh_token))
            .with_for_update(of=[RefreshToken, LoginSession])
        )
    ).one_or_none()
    if found is None:
        raise unauthorized(INVALID_TOKEN)
    token, login, user = found
    if login.ended_at is not None or login.expires_at <= now or not user.is_active:
        raise unauthorized(INVALID_TOKEN)
    if token.spent_at is not None:
        _end(login, "reuse", now)
        await session.commit()
        raise unauthorized(INVALID_TOKEN)
    token.spent_at = now
    login.expires_at = now + _lifetime(remember=login.remember)
    return await _issue(session, tokens, user, login, now)


async def is_live(session: AsyncSession, session_id: UUID) -> bool:
    """Asked of the database anew, whatever has been read before."""
    found = await session.scalar(
        select(LoginSession.id)
        .join(User, User.id == LoginSession.user_id)
        .where(
            LoginSession.id == session_id,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > datetime.now(UTC),
            User.is_active,
        )
    )
    return found is not None


async def end(session: AsyncSession, session_id: UUID) -> None:
    """Sign out and commit. Ending twice is harmless."""
    await session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
        .values(ended_at=datetime.now(UTC), end_reason="logout")
    )
    await session.commit()


async def _issue(
    session: AsyncSession, tokens: AccessTokens, user: User, login: LoginSession, now: datetime
) -> AuthSuccess:
    refresh_token = new_refresh_token()
    # First what the new token needs: its session, and that its predecessor is spent, for a
    # session has one live token.
    await session.flush()
    session.add(
        RefreshToken(
            token_hash=refresh_token_hash(refresh_token), session_id=login.id, issued_at=now
        )
    )
    await session.commit()
    issued = AuthTokens(
        access_token=tokens.issue(Claims(user.id, login.id), now),
        refresh_token=refresh_token,
        expires_in=tokens.ttl,
        session_id=login.id,
    )
    return AuthSuccess(tokens=issued, user=UserInfo.of(user))


def _end(login: LoginSession, reason: str, now: datetime) -> None:
    login.ended_at, login.end_reason = now, reason


def _lifetime(*, remember: bool) -> timedelta:
    return REMEMBERED if remember else LIFETIME
