"""Keys for the programs of an account: making them, and taking them back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from serinus.application.identity.ports import Clock, NewId
from serinus.domain.errors import refuse
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.api_keys import (
    ApiKey,
    ApiKeyId,
    ApiKeyNotFound,
    clean_key_name,
    expiry_violations,
    key_hash,
    key_violations,
    raw_key,
)
from serinus.domain.identity.caller import Caller, Scope, SessionId, UserId

#: 256 random bits.
NewSecret = Callable[[], int]


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key and, this once, the key itself."""

    key: ApiKey
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A key that still holds, and whose it is. Whether it was the one shown is not said yet."""

    key_hash: bytes = field(repr=False)
    scopes: frozenset[str]
    account: Account


class ApiKeys(Protocol):
    """Where keys are kept, by hash."""

    async def add(
        self, key: ApiKey, key_hash: bytes, *, session: SessionId | None = None
    ) -> None:
        """Raise `AccountNotFound`; `TooManyApiKeys`, also when several are added at once.

        With the session that asks for it: `InvalidToken` when that is over by now.
        """
        ...

    async def of_user(self, user_id: UserId) -> Sequence[ApiKey]:
        """Newest first, without those that were revoked."""
        ...

    async def revoke(
        self, key_id: ApiKeyId, owner: UserId | None, *, at: datetime
    ) -> ApiKey | None:
        """None when there is no such key, of this owner if one is given, that still holds."""
        ...

    async def live(self, key_id: ApiKeyId, key_hash: bytes, *, at: datetime) -> LiveKey | None:
        """None when it was revoked or expired, or its owner is inactive.

        With the right hash, this is a use: it is noted, at most once a minute.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What people do with keys of their own. A key cannot make or take back keys."""

    keys: ApiKeys
    now: Clock
    new_id: NewId
    new_secret: NewSecret

    async def create(
        self,
        caller: Caller,
        *,
        name: str,
        scopes: Sequence[str],
        expires_at: datetime | None = None,
    ) -> IssuedKey:
        """Raise `Forbidden`, `Invalid`, `TooManyApiKeys`, `InvalidToken`.

        A scope that the owner's role lacks may be given. It has no effect until the role
        changes.
        """
        return await self.issue(
            caller.id,
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            session=caller.own_session(),
        )

    async def own(self, caller: Caller) -> Sequence[ApiKey]:
        """Newest first. Raise `Forbidden`."""
        caller.own_session()
        return await self.keys.of_user(caller.id)

    async def revoke(self, caller: Caller, key_id: ApiKeyId) -> None:
        """It stops working at once. Raise `Forbidden`; `ApiKeyNotFound` for those of others."""
        caller.own_session()
        if await self.keys.revoke(key_id, caller.id, at=self.now()) is None:
            raise ApiKeyNotFound("you have no such key")

    async def take_back(self, caller: Caller, key_id: ApiKeyId) -> None:
        """Like `revoke`; whoever administers keys takes back those of others, too."""
        caller.own_session()
        owner = None if Scope.KEYS_ADMIN in caller.scopes else caller.id
        if await self.keys.revoke(key_id, owner, at=self.now()) is None:
            raise ApiKeyNotFound("there is no such key")

    async def issue(
        self,
        owner: UserId,
        *,
        name: str,
        scopes: Sequence[str],
        expires_at: datetime | None = None,
        session: SessionId | None = None,
    ) -> IssuedKey:
        """For whoever may act for the owner. Raise like `ApiKeys.add`, and `Invalid`."""
        name, distinct, at = clean_key_name(name), tuple(dict.fromkeys(scopes)), self.now()
        found = key_violations(name, distinct) + expiry_violations(expires_at, at=at)
        refuse(found)
        key = ApiKey(
            id=ApiKeyId(self.new_id()),
            user_id=owner,
            name=name,
            scopes=distinct,
            created_at=at,
            expires_at=expires_at and expires_at.astimezone(UTC),
        )
        raw = raw_key(key.id, self.new_secret())
        await self.keys.add(key, key_hash(raw), session=session)
        return IssuedKey(key, raw)
