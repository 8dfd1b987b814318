"""Signing up, in, on and out."""

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from serinus.application import acting
from serinus.application.identity.limits import RateLimiter
from serinus.application.identity.ports import (
    AccessTokens,
    Accounts,
    Clock,
    NewId,
    NewToken,
    Passwords,
    Sessions,
    SignInProof,
)
from serinus.domain.errors import TooMany, refuse
from serinus.domain.identity.accounts import (
    Account,
    account_violations,
    clean_email,
    clean_username,
)
from serinus.domain.identity.caller import Caller, Role, SessionId, UserId
from serinus.domain.identity.passwords import MAX_LENGTH, password_violations
from serinus.domain.identity.sessions import (
    EndReason,
    InvalidCredentials,
    InvalidToken,
    Session,
    lifetime,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """`expires_in`: seconds until the access token does."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class SignedIn:
    tokens: Tokens
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLimits:
    """Sign-ups and sign-ins a minute, by address and by account. 0: any number."""

    limiter: RateLimiter
    per_minute: int

    async def admit(self, *, client: str | None, email: str) -> None:
        """Raise `TooMany`. `client`: None where somebody else counts addresses."""
        if not self.per_minute:
            return
        if client is not None:
            await self._hit(f"sign-in:address:{client}")
        # Hashed: an address of a megabyte must not become a key of a megabyte.
        await self._hit(f"sign-in:account:{hashlib.sha256(email.encode()).hexdigest()}")

    async def _hit(self, key: str) -> None:
        decision = await self.limiter.hit(key, limit=self.per_minute)
        if not decision.allowed:
            raise TooMany(decision.retry_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    tokens: AccessTokens
    limits: SignInLimits
    common_passwords: AbstractSet[str]
    now: Clock
    new_id: NewId
    new_token: NewToken

    async def register(
        self,
        *,
        username: str,
        email: str,
        password: str,
        first_name: str | None,
        last_name: str | None,
        client: str,
    ) -> SignedIn:
        """Raise `Invalid`, `TooMany`, `UsernameTaken`, `EmailTaken`."""
        at = self.now()
        account = Account(
            id=UserId(self.new_id()),
            username=clean_username(username),
            email=clean_email(email),
            first_name=first_name,
            last_name=last_name,
            role=Role.SUBSCRIBER,
            is_active=True,
            email_verified=False,
            last_login=at,
            created_at=at,
            updated_at=at,
        )
        self._check(account, password)
        await self.limits.admit(client=client, email=account.email)
        # Hashed before anything is looked up: no transaction waits for a slow hash.
        password_hash = await self.passwords.hash(password)
        session, refresh_token = self._session(account.id, remember=False), self.new_token()
        acting.identified(account.id)
        await self.sessions.register(account, password_hash, session, token_hash(refresh_token))
        return SignedIn(self._tokens(account.id, session.id, refresh_token), account)

    async def login(
        self, *, email: str, password: str, remember: bool, client: str
    ) -> SignedIn:
        """Raise `InvalidCredentials`, `TooMany`. `client` is the client's address."""
        email = clean_email(email)
        await self.limits.admit(client=client, email=email)
        # Twice at most: another sign-in may store a better hash while we verify the old one.
        for _ in range(2):
            user_id, proof = await self._verified(email, password)
            acting.identified(user_id)
            session = self._session(user_id, remember=remember)
            refresh_token = self.new_token()
            account = await self.sessions.open(
                session, token_hash(refresh_token), proof, at=session.created_at
            )
            if account is not None:
                return SignedIn(self._tokens(user_id, session.id, refresh_token), account)
        raise InvalidCredentials("the account changed meanwhile")

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Raise `InvalidToken`; `TokenReused`, which ends the session."""
        successor = self.new_token()
        session_id, account = await self.sessions.rotate(
            token_hash(refresh_token), token_hash(successor), at=self.now()
        )
        return SignedIn(self._tokens(account.id, session_id, successor), account)

    async def logout(self, caller: Caller) -> None:
        """End the session. Its access tokens stop working at once."""
        ended = await self.sessions.end(
            caller.own_session(), caller.id, EndReason.LOGOUT, at=self.now()
        )
        if not ended:
            raise InvalidToken("the session is over")

    def _check(self, account: Account, password: str) -> None:
        violations = account_violations(account)
        violations += password_violations(
            password, username=account.username, common=self.common_passwords
        )
        refuse(violations)

    async def _verified(self, email: str, password: str) -> tuple[UserId, SignInProof]:
        """One text and about one time for every way to be wrong."""
        known = await self.accounts.credentials(email)
        # Of an inactive account no password is right: its time must not tell of a good one.
        stored = known.password_hash if known and known.is_active else None
        right = await self.passwords.verify(password[: MAX_LENGTH + 1], stored)
        if known is None or stored is None or not right:
            raise InvalidCredentials("Invalid credentials")
        upgraded = None
        if self.passwords.outdated(stored):
            upgraded = await self.passwords.hash(password)
        return known.user_id, SignInProof(stored, upgraded)

    def _session(self, user_id: UserId, *, remember: bool) -> Session:
        at = self.now()
        return Session(
            id=SessionId(self.new_id()),
            user_id=user_id,
            remember=remember,
            created_at=at,
            expires_at=at + lifetime(remember=remember),
        )

    def _tokens(self, user_id: UserId, session_id: SessionId, refresh_token: str) -> Tokens:
        return Tokens(
            access_token=self.tokens.issue(user_id, session_id, at=self.now()),
            refresh_token=refresh_token,
            expires_in=self.tokens.lifetime,
            session_id=session_id,
        )


def token_hash(token: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so it needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()
