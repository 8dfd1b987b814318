"""Sessions: one sign-in, and the family of refresh tokens that keeps it alive."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from serinus.domain.errors import NotFound, Unauthenticated
from serinus.domain.identity.caller import SessionId, UserId

SHORT, LONG = timedelta(hours=24), timedelta(days=30)


class InvalidCredentials(Unauthenticated):
    """Wrong address or wrong password; never says which."""

    code: ClassVar = "invalid_credentials"


class MissingCredentials(Unauthenticated):
    code: ClassVar = "missing_credentials"


class InvalidToken(Unauthenticated):
    """Malformed, expired, or its session has ended."""

    code: ClassVar = "invalid_token"


class TokenReused(Unauthenticated):
    """A refresh token was used twice: one of the two holders stole it, so the family ends.

    RFC 9700, section 4.14.2.
    """

    code: ClassVar = "token_reused"


class SessionNotFound(NotFound):
    code: ClassVar = "session_not_found"


class EndReason(StrEnum):
    LOGOUT = "logout"
    REUSE = "reuse"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    DEACTIVATED = "deactivated"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: SessionId
    user_id: UserId
    remember: bool
    created_at: datetime
    expires_at: datetime


def lifetime(*, remember: bool) -> timedelta:
    """How long a refresh token may lie unused before the session is over."""
    return LONG if remember else SHORT
