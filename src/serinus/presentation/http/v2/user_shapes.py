"""Accounts as others see them, and as administrators send them."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from serinus.application.identity.membership import NewMember
from serinus.application.identity.people import Changes
from serinus.domain.errors import Violation
from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Caller, Role
from serinus.domain.identity.people import may_see_all
from serinus.presentation.http.v2.accounts import (
    Email,
    Name,
    NewPassword,
    UserName,
    member_violations,
)
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.describing import about
from serinus.presentation.http.v2.list_queries import Members

BASE = "/api/v2/users"


class UserView(Struct, frozen=True, kw_only=True):
    """An account. Members that were not asked for, or are not yours to see, are absent."""

    id: UUID | UnsetType = UNSET
    username: UserName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    first_name: str | UnsetType | None = UNSET
    last_name: str | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    email_verified: bool | UnsetType = UNSET
    last_login: datetime | UnsetType | None = UNSET
    created_at: datetime | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET
    version: Annotated[int, about("grows with every change")] | UnsetType = UNSET


MEMBERS = Members("user", UserView.__struct_fields__)

#: Of others, for administrators alone.
HIDDEN = frozenset({"email", "role", "is_active", "email_verified", "last_login"})


class NewUser(Body, frozen=True, kw_only=True):
    """Without a password, nobody signs in to it until you set one."""

    username: UserName
    email: Email
    role: Annotated[Role, about("at most your own", example="author")] = Role.SUBSCRIBER
    password: NewPassword | None = None
    first_name: Name | None = None
    last_name: Name | None = None

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return member_violations(given)

    @property
    def member(self) -> NewMember:
        return NewMember(
            username=self.username,
            email=self.email,
            password=self.password,
            role=self.role,
            first_name=self.first_name,
            last_name=self.last_name,
        )


class UserPatch(Body, frozen=True, kw_only=True):
    """A JSON merge patch: what is left out stays, null clears."""

    username: UserName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    first_name: Name | UnsetType | None = UNSET
    last_name: Name | UnsetType | None = UNSET
    role: Annotated[Role, about("at most your own", example="editor")] | UnsetType = UNSET
    is_active: Annotated[bool, about("false ends all sessions")] | UnsetType = UNSET
    password: NewPassword | UnsetType = UNSET

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return member_violations(given)

    @property
    def changes(self) -> Changes:
        return Changes(
            edit=self._edit,
            role=None if self.role is UNSET else self.role,
            active=None if self.is_active is UNSET else self.is_active,
        )

    def _edit(self, account: Account) -> Account:
        given = {
            name: getattr(self, name)
            for name in ("username", "email", "first_name", "last_name")
        }
        return replace(
            account, **{name: value for name, value in given.items() if value is not UNSET}
        )


def seen(caller: Caller, account: Account, members: frozenset[str]) -> UserView:
    if not may_see_all(caller, account):
        members -= HIDDEN
    return UserView(**{name: getattr(account, name) for name in members})
