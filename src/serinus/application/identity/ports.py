"""What the identity use cases need from the outside, in their own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import SessionId, UserId
from serinus.domain.identity.sessions import EndReason, Session

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]
NewToken = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs in under an address. `password_hash` is None: not by password."""

    user_id: UserId
    is_active: bool
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class SignInProof:
    """The hash a password was verified against, and what to store in its place, if anything."""

    verified: str
    upgraded: str | None = None


@dataclass(frozen=True, slots=True)
class NewPassword:
    """Storing it ends every session of the account but `keep`, if one is named."""

    hashed: str = field(repr=False)
    keep: SessionId | None


class Accounts(Protocol):
    """Where accounts are kept."""

    async def credentials(self, email: str) -> Credentials | None:
        """By a cleaned address."""
        ...

    async def password_hash(self, user_id: UserId) -> str | None: ...

    async def save(
        self,
        account: Account,
        *,
        password: NewPassword | None = None,
        spare_last: bool = False,
    ) -> Account:
        """Replace the stored account of the same `version`; its own version becomes one higher.

        An account that is not active has no live session.
        Raise `AccountNotFound`, `Stale`, `UsernameTaken`, `EmailTaken`; with `spare_last`, of
        one that is to be no active super administrator any more, also `LastSuperAdmin` rather
        than leave none, whoever else writes meanwhile.
        """
        ...


class Sessions(Protocol):
    """Where sessions and their refresh tokens are kept. Tokens come in as SHA-256."""

    async def register(
        self, account: Account, password_hash: str, session: Session, token: bytes
    ) -> None:
        """Store a new account, signed in. Raise `UsernameTaken`, `EmailTaken`."""
        ...

    async def open(
        self, session: Session, token: bytes, proof: SignInProof, *, at: datetime
    ) -> Account | None:
        """Sign an account in. None when it is inactive, or its password is another by now."""
        ...

    async def rotate(
        self, token: bytes, successor: bytes, *, at: datetime
    ) -> tuple[SessionId, Account]:
        """Spend a token for the next one of its family and move the session's end on.

        Of two that spend the same token at once, one wins and the other is a reuse.
        Raise `InvalidToken`; `TokenReused`, and then the session has ended.
        """
        ...

    async def live_account(
        self, session_id: SessionId, user_id: UserId, *, at: datetime
    ) -> Account | None:
        """The account behind a session. None when either is over."""
        ...

    async def of_user(self, user_id: UserId, *, at: datetime) -> Sequence[Session]:
        """Live sessions, newest first, at most a hundred."""
        ...

    async def end(
        self, session_id: SessionId, user_id: UserId, reason: EndReason, *, at: datetime
    ) -> bool:
        """False when the user has no such live session."""
        ...


class Passwords(Protocol):
    """Hashing, off the event loop. Raises `Unavailable` when too many are waiting."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, stored: str | None) -> bool:
        """None takes about as long as a real hash, and is never right."""
        ...

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made by another scheme or setting than today's."""
        ...


class AccessTokens(Protocol):
    """Signed, short-lived claims about who is signed in. They prove nothing beyond that."""

    @property
    def lifetime(self) -> int:
        """In seconds."""
        ...

    def issue(self, user_id: UserId, session_id: SessionId, *, at: datetime) -> str: ...

    def read(self, token: str, *, at: datetime) -> tuple[UserId, SessionId]:
        """Raise `InvalidToken`."""
        ...
