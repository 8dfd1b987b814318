"""Accounts: names, addresses, and what may be stored under them."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from serinus.domain.errors import Conflict, NotFound, Violation
from serinus.domain.identity.caller import Role, UserId

MAX_EMAIL = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets

# The dot-atom form of RFC 5322, section 3.4.1, with a dotted domain; SMTPUTF8 letters allowed.
_EMAIL = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f@\"(),:;<>\[\\\].]+(\.[^\s\x00-\x1f\x7f-\x9f@\"(),:;<>\[\\\].]+)*"
    r"@([^\W_]([\w-]*[^\W_])?\.)+[^\W\d_]([\w-]*[^\W_])?"
)


class UsernameTaken(Conflict):
    code: ClassVar = "username_taken"


class EmailTaken(Conflict):
    code: ClassVar = "email_taken"


class AccountNotFound(NotFound):
    code: ClassVar = "user_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who can sign in, or whose name stands under imported content."""

    id: UserId
    username: str
    email: str
    first_name: str | None
    last_name: str | None
    role: Role
    is_active: bool
    email_verified: bool
    last_login: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int = 1


def username_key(username: str) -> str:
    """The form under which a name is unique: NFKC, case-folded."""
    return unicodedata.normalize("NFKC", username).casefold()


def clean_username(username: str) -> str:
    return unicodedata.normalize("NFC", username).strip()


def clean_email(email: str) -> str:
    return email.strip().lower()


def cleaned(edited: Account, stored: Account) -> Account:
    """An edited account as it is stored. A new address has yet to prove itself."""
    email = clean_email(edited.email)
    return replace(
        edited,
        username=clean_username(edited.username),
        email=email,
        email_verified=stored.email_verified and email == stored.email,
    )


def username_violations(username: str) -> list[Violation]:
    """What is wrong with a cleaned user name."""
    if not 3 <= len(username) <= 50:
        code = "too_short" if len(username) < 3 else "too_long"
        text = "a user name has 3 to 50 characters"
        return [Violation("username", code, text, {"min": 3, "max": 50})]
    if "@" in username or any(unicodedata.category(c).startswith("C") for c in username):
        text = "a user name has no control characters and no @"
        return [Violation("username", "invalid_format", text)]
    return []


def email_violations(email: str) -> list[Violation]:
    """What is wrong with a cleaned address. Only the form is looked at, never the DNS."""
    local = email.partition("@")[0]
    if len(email) <= MAX_EMAIL and len(local) <= 64 and _EMAIL.fullmatch(email):
        return []
    return [Violation("email", "invalid_format", "this is not an e-mail address")]


def name_violations(field: str, name: str | None) -> list[Violation]:
    if name is None or len(name) <= 100:
        return []
    return [Violation(field, "too_long", "at most 100 characters", {"max": 100})]


def account_violations(account: Account) -> list[Violation]:
    """Everything wrong with what people say of themselves, in the order of the members."""
    return [
        *username_violations(account.username),
        *email_violations(account.email),
        *name_violations("first_name", account.first_name),
        *name_violations("last_name", account.last_name),
    ]
