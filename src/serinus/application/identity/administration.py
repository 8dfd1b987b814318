"""What an operator does to accounts from the command line: outside any session, by trust."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from serinus.application.identity.ports import Clock, NewId, Passwords
from serinus.domain.errors import refuse
from serinus.domain.identity.accounts import (
    Account,
    clean_email,
    clean_username,
    email_violations,
    username_violations,
)
from serinus.domain.identity.caller import Role, UserId
from serinus.domain.identity.passwords import password_violations


class AccountBook(Protocol):
    """Accounts, as administration sees them."""

    async def add(self, account: Account, password_hash: str | None) -> None:
        """Without a hash nobody signs in by password. Raise `UsernameTaken`, `EmailTaken`."""
        ...

    async def newest(self) -> Sequence[Account]:
        """At most a hundred."""
        ...

    async def username(self, email: str) -> str:
        """Of the account with that address. Raise `AccountNotFound`."""
        ...

    async def set_password(self, email: str, password_hash: str, *, at: datetime) -> Account:
        """End the account's sessions as well. Raise `AccountNotFound`."""
        ...

    async def is_empty(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Administration:
    accounts: AccountBook
    passwords: Passwords
    common_passwords: AbstractSet[str]
    now: Clock
    new_id: NewId

    async def create(self, *, username: str, email: str, password: str, role: Role) -> Account:
        """Raise `Invalid`, `UsernameTaken`, `EmailTaken`."""
        username, email = clean_username(username), clean_email(email)
        found = username_violations(username) + email_violations(email)
        found += password_violations(password, username=username, common=self.common_passwords)
        refuse(found)
        at = self.now()
        account = Account(
            id=UserId(self.new_id()),
            username=username,
            email=email,
            first_name=None,
            last_name=None,
            role=role,
            is_active=True,
            email_verified=False,
            last_login=None,
            created_at=at,
            updated_at=at,
        )
        await self.accounts.add(account, await self.passwords.hash(password))
        return account

    async def set_password(self, *, email: str, password: str) -> Account:
        """Raise `Invalid`, `AccountNotFound`."""
        email = clean_email(email)
        found = password_violations(
            password,
            username=await self.accounts.username(email),
            common=self.common_passwords,
        )
        refuse(found)
        hashed = await self.passwords.hash(password)
        return await self.accounts.set_password(email, hashed, at=self.now())
