"""Accounts as clients of v2 see and send them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from serinus.domain.identity.accounts import Account
from serinus.domain.identity.caller import Role
from serinus.presentation.http.v2.describing import about

UserName = Annotated[str, about("unique; 3 to 50 characters, no @", example="naoko")]
Email = Annotated[str, about("unique; stored in lower case", example="naoko@example.org")]
NewPassword = Annotated[
    str,
    about("8 to 128 characters, not a common one", format="password", example="seven-red-hats"),
]
Name = Annotated[str, about("at most 100 characters", example="Naoko")]


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
