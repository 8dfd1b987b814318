"""Bodies of registration, login and refresh."""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from serinus.legacy.rules import (
    RequestBody,
    RequiredText,
    RuleContext,
    broken,
    length,
    not_empty,
    null_is_empty,
)

MAX_EMAIL, MAX_LOCAL_PART = 254, 64  # RFC 5321, section 4.5.3.1

# RFC 5322, section 3.4.1: a dot-atom, then a domain of two labels at least. Letters of any
# script are accepted (RFC 6531); whether anyone lives there is not looked up.
EMAIL = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f@\"(),:;<>\[\\\].]+(\.[^\s\x00-\x1f\x7f-\x9f@\"(),:;<>\[\\\].]+)*"
    r"@([^\W_]([\w-]*[^\W_])?\.)+[^\W\d_]([\w-]*[^\W_])?"
)


def clean_username(username: str) -> str:
    return unicodedata.normalize("NFC", username).strip()


def clean_email(email: str) -> str:
    return email.strip().lower()


def _is_plain(username: str) -> str:
    if "@" in username or any(unicodedata.category(c).startswith("C") for c in username):
        raise broken("Username must not contain control characters or @")
    return username


def _is_address(email: str) -> str:
    local_part = email.partition("@")[0]
    fits = len(email) <= MAX_EMAIL and len(local_part) <= MAX_LOCAL_PART
    if not fits or not EMAIL.fullmatch(email):
        raise broken("Email must be a valid email address")
    return email


def _is_hard_to_guess(password: str, info: ValidationInfo[Any]) -> str:
    context: RuleContext = info.context
    if password.lower() in context.common_passwords:
        raise broken("Password is too common")
    # From the body: a user name that breaks its own rules is not among the validated members.
    username = context.members.get("username")
    if isinstance(username, str) and password.casefold() == clean_username(username).casefold():
        raise broken("Password must not be the user name")
    return password


Username = Annotated[
    str,
    AfterValidator(clean_username),
    length(3, 50, "Username must be between 3 and 50 characters"),
    AfterValidator(_is_plain),
]
Email = Annotated[str, AfterValidator(clean_email), AfterValidator(_is_address)]
FirstName = Annotated[str, length(0, 100, "First name must be less than 100 characters")]
LastName = Annotated[str, length(0, 100, "Last name must be less than 100 characters")]


class Register(RequestBody):
    username: Annotated[Username, null_is_empty] = ""
    email: Annotated[Email, null_is_empty] = ""
    password: Annotated[
        RequiredText,
        length(8, 128, "Password must be between 8 and 128 characters"),
        AfterValidator(_is_hard_to_guess),
    ] = ""
    first_name: FirstName | None = None
    last_name: LastName | None = None


class Login(RequestBody):
    email: Annotated[
        RequiredText, AfterValidator(clean_email), not_empty("Email is required")
    ] = ""
    password: Annotated[RequiredText, not_empty("Password is required")] = ""
    remember_me: bool | None = None


class Refresh(RequestBody):
    refresh_token: Annotated[RequiredText, not_empty("Refresh token is required")] = ""
