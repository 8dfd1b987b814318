"""Accounts as others see them, and what administrators do with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from serinus.application.identity.ports import Accounts, Clock
from serinus.application.slices import NumberedPage, Slice
from serinus.domain.errors import Stale, refuse
from serinus.domain.identity.accounts import Account, account_violations, cleaned
from serinus.domain.identity.caller import Caller, Role, UserId
from serinus.domain.identity.people import check_may_change
from serinus.domain.identity.sessions import InvalidToken


class AccountColumn(StrEnum):
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    USERNAME = "username"


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """None filters nothing."""

    role: Role | None = None
    active: bool | None = None


class PeopleReader(Protocol):
    async def get(self, user_id: UserId) -> Account:
        """Raise `AccountNotFound`."""
        ...

    async def asking(self, caller: Caller, *, at: datetime) -> Account | None:
        """The caller's own. None when it is inactive, or the session is over."""
        ...

    async def page(
        self, caller: Caller, which: AccountFilter, column: AccountColumn, part: Slice
    ) -> NumberedPage[Account]:
        """Of accounts whose role the caller may not see, a role finds none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to do to an account. None leaves a member as it is."""

    edit: Callable[[Account], Account] = lambda account: account
    role: Role | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class People:
    reader: PeopleReader
    accounts: Accounts
    now: Clock

    async def change(
        self, caller: Caller, user_id: UserId, changes: Changes, *, version: int | None = None
    ) -> Account:
        """`version`: what the caller saw, if they say. Deactivating ends all sessions.

        Raise `Forbidden`, `AccountNotFound`, `Stale`, `Invalid`, `UsernameTaken`, `EmailTaken`.
        """
        _, changed = await self.planned(caller, user_id, changes, version=version)
        return await self.accounts.save(changed)

    async def planned(
        self, caller: Caller, user_id: UserId, changes: Changes, *, version: int | None
    ) -> tuple[Account, Account]:
        """The account as it is, and as `change` would store it. Nothing is written.

        Raise `Forbidden`, `AccountNotFound`, `Stale`, `Invalid`.
        """
        caller.need_grant("users:admin")
        stored = await self._seen(user_id, version)
        check_may_change(
            await self.as_of_now(caller),
            stored,
            role=changes.role,
            active=changes.active,
        )
        edited = cleaned(changes.edit(stored), stored)
        _check(stored, edited)
        return stored, replace(
            edited,
            role=changes.role or stored.role,
            is_active=stored.is_active if changes.active is None else changes.active,
            updated_at=self.now(),
        )

    async def give_role(
        self, caller: Caller, user_id: UserId, role: Role, *, version: int | None = None
    ) -> Account:
        """Raise like `change`; who gives no roles learns of no account."""
        caller.need("users:admin")
        return await self.change(caller, user_id, Changes(role=role), version=version)

    async def deactivate(
        self, caller: Caller, user_id: UserId, *, version: int | None = None
    ) -> None:
        """Also oneself. Ends all sessions. Raise `Forbidden`, `AccountNotFound`, `Stale`."""
        await self.accounts.save(await self.inactive(caller, user_id, version=version))

    async def inactive(
        self, caller: Caller, user_id: UserId, *, version: int | None
    ) -> Account:
        """The account as `deactivate` would store it. Nothing is written. Raise like that."""
        caller.need_grant("users:admin")
        stored = await self._seen(user_id, version)
        check_may_change(await self.as_of_now(caller), stored)
        return replace(stored, is_active=False, updated_at=self.now())

    async def as_of_now(self, caller: Caller) -> Caller:
        """Raise `InvalidToken`.

        The caller was let in before the body was read, and who sends it slowly could keep a
        role or a stolen session for as long as that takes.
        """
        own = await self.reader.asking(caller, at=self.now())
        if own is None:
            raise InvalidToken("the account is inactive, or the session is over")
        return replace(caller, role=own.role)

    async def _seen(self, user_id: UserId, version: int | None) -> Account:
        stored = await self.reader.get(user_id)
        if version is not None and version != stored.version:
            raise Stale(stored.version)
        return stored


def _check(stored: Account, edited: Account) -> None:
    """Raise `Invalid`, but not for what an import left there and nobody touches."""
    found = [
        violation
        for violation in account_violations(edited)
        if getattr(edited, violation.field) != getattr(stored, violation.field)
    ]
    refuse(found)
