"""Accounts in the hands of administrators: adding them, changing them, setting passwords."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Protocol

from serinus.application.identity.people import Changes, People
from serinus.application.identity.ports import Accounts, Clock, NewId, NewPassword, Passwords
from serinus.domain.errors import Forbidden, Violation, refuse
from serinus.domain.identity.accounts import (
    Account,
    account_violations,
    clean_email,
    clean_username,
)
from serinus.domain.identity.caller import Caller, Role, Scope, UserId
from serinus.domain.identity.passwords import password_violations
from serinus.domain.identity.people import is_super_admin


class NewAccounts(Protocol):
    async def add(self, account: Account, password_hash: str | None) -> None:
        """Without a hash nobody signs in by password. Raise `UsernameTaken`, `EmailTaken`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """As it is sent. Without a password, nobody signs in until an administrator sets one."""

    username: str
    email: str
    password: str | None = field(repr=False)
    role: Role
    first_name: str | None
    last_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """There is always an active super administrator left."""

    people: People
    accounts: Accounts
    new_accounts: NewAccounts
    passwords: Passwords
    common_passwords: AbstractSet[str]
    now: Clock
    new_id: NewId

    async def add(self, caller: Caller, new: NewMember) -> Account:
        """Raise `Forbidden`, `Invalid`, `UsernameTaken`, `EmailTaken`, `InvalidToken`."""
        caller.need(Scope.USERS_ADMIN)
        caller = await self.people.as_of_now(caller)
        caller.need(Scope.USERS_ADMIN)
        if not caller.role.at_least(new.role):
            raise Forbidden("this role is above yours")
        account = self._account(new)
        violations = account_violations(account)
        if new.password is not None:
            violations += self._violations(new.password, account)
        refuse(violations)
        hashed = None if new.password is None else await self.passwords.hash(new.password)
        await self.new_accounts.add(account, hashed)
        return account

    async def change(
        self,
        caller: Caller,
        user_id: UserId,
        changes: Changes,
        *,
        password: str | None = None,
        version: int | None,
    ) -> Account:
        """A password ends all sessions of the account. What changes nothing is not written.

        Raise like `People.change`, and `LastSuperAdmin`.
        """
        if password is not None:
            _check_may_set_password(caller, user_id)
        stored, changed = await self.people.planned(caller, user_id, changes, version=version)
        if password is None and replace(changed, updated_at=stored.updated_at) == stored:
            return stored
        return await self.accounts.save(
            changed,
            password=await self._hashed(password, changed),
            spare_last=is_super_admin(stored) and not is_super_admin(changed),
        )

    async def deactivate(self, caller: Caller, user_id: UserId, *, version: int | None) -> None:
        """Raise like `People.deactivate`, and `LastSuperAdmin`."""
        inactive = await self.people.inactive(caller, user_id, version=version)
        spare_last = inactive.role is Role.SUPER_ADMIN
        await self.accounts.save(inactive, spare_last=spare_last)

    def _account(self, new: NewMember) -> Account:
        at = self.now()
        return Account(
            id=UserId(self.new_id()),
            username=clean_username(new.username),
            email=clean_email(new.email),
            first_name=new.first_name,
            last_name=new.last_name,
            role=new.role,
            is_active=True,
            email_verified=False,
            last_login=None,
            created_at=at,
            updated_at=at,
        )

    async def _hashed(self, password: str | None, account: Account) -> NewPassword | None:
        if password is None:
            return None
        refuse(self._violations(password, account))
        return NewPassword(await self.passwords.hash(password), keep=None)

    def _violations(self, password: str, account: Account) -> list[Violation]:
        return password_violations(
            password, username=account.username, common=self.common_passwords
        )


def _check_may_set_password(caller: Caller, user_id: UserId) -> None:
    """Raise `Forbidden`. No program signs in to the account of somebody else."""
    caller.own_session()
    caller.need(Scope.USERS_ADMIN)
    if caller.id == user_id:
        raise Forbidden("change your own password at /users/me, with the current one")
