"""Accounts as clients of v2 see and send them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from serinus.domain.errors import Violation
from serinus.domain.identity.accounts import (
    Account,
    clean_email,
    clean_username,
    email_violations,
    name_violations,
    username_violations,
)
from serinus.domain.identity.caller import Role
from serinus.domain.identity.passwords import password_violations
from serinus.presentation.http.v2.describing import about

UserName = Annotated[str, about("unique; 3 to 50 characters, no @", example="naoko")]
Email = Annotated[str, about("unique; stored in lower case", example="naoko@example.org")]
NewPassword = Annotated[
    str,
    about("8 to 128 characters, not a common one", format="password", example="seven-red-hats"),
]
Name = Annotated[str, about("at most 100 characters", example="Naoko")]


def member_violations(given: Mapping[str, Any]) -> list[Violation]:
    """What the rules of accounts say to the members of a body, as far as they are there."""
    found: list[Violation] = []
    name = clean_username(given.get("username", ""))
    if "username" in given:
        found += username_violations(name)
    if "email" in given:
        found += email_violations(clean_email(given["email"]))
    for field in ("first_name", "last_name"):
        found += name_violations(field, given.get(field))
    if given.get("password") is not None:
        found += password_violations(given["password"], username=name, common=frozenset())
    return found


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account, as its owner sees it."""

    id: UUID
    username: UserName
    email: Email
    first_name: str | None
    last_name: str | None
    role: Role
    is_active: bool
    email_verified: bool
    last_login: datetime | None
    created_at: datetime
    updated_at: datetime
    version: Annotated[int, about("also the ETag, for If-Match", example=1)]


def shown(account: Account) -> User:
    return User(
        id=account.id,
        username=account.username,
        email=account.email,
        first_name=account.first_name,
        last_name=account.last_name,
        role=account.role,
        is_active=account.is_active,
        email_verified=account.email_verified,
        last_login=account.last_login,
        created_at=account.created_at,
        updated_at=account.updated_at,
        version=account.version,
    )
