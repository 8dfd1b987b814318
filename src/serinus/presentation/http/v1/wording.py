"""The contract's words for what the rules refuse, in the order of its members."""

from collections.abc import Iterable

from serinus.domain.errors import Violation
from serinus.presentation.http.v1.envelope import FieldError
from serinus.presentation.http.v1.permissions import PERMISSIONS

# v1 knows one category, the rules know several; its permissions are scopes by other names.
_MEMBERS = {"categories": "category", "scopes": "permissions"}

# By member and code; by member alone for every other code. The order is the contract's.
_TEXTS: dict[str, dict[str | None, str]] = {
    "username": {
        "invalid_format": "Username must not contain control characters or @",
        None: "Username must be between 3 and 50 characters",
    },
    "email": {
        "required": "Email is required",
        None: "Email must be a valid email address",
    },
    "password": {
        "required": "Password is required",
        "too_common": "Password is too common",
        "same_as_username": "Password must not be the user name",
        None: "Password must be between 8 and 128 characters",
    },
    "first_name": {None: "First name must be less than 100 characters"},
    "last_name": {None: "Last name must be less than 100 characters"},
    "role": {
        None: "Role must be one of SuperAdmin, Admin, Editor, Author, Contributor, Subscriber"
    },
    "refresh_token": {None: "Refresh token is required"},
    "title": {None: "Title must be between 1 and 255 characters"},
    "content": {
        "too_long": "Content must be less than 2097152 bytes",
        None: "Content cannot be empty",
    },
    "excerpt": {None: "Excerpt must be less than 500 characters"},
    "slug": {
        "too_long": "Slug must be less than 255 characters",
        None: "Slug must contain letters or digits",
    },
    "tags": {
        "too_many": "Too many tags",
        None: "Tag must be between 1 and 50 characters",
    },
    "category": {None: "Category name too long"},
    "featured_image": {None: "Featured image must be a valid URL"},
    "meta_title": {None: "Meta title must be less than 60 characters"},
    "name": {None: "Name must be between 1 and 100 characters"},
    "permissions": {
        "required": "At least one permission is required",
        None: f"Permission must be one of {', '.join(PERMISSIONS)}",
    },
    "meta_description": {None: "Meta description must be less than 160 characters"},
}
_ORDER = {member: place for place, member in enumerate(_TEXTS)}


def in_words(violations: Iterable[Violation]) -> list[FieldError]:
    """Every failing member once, with the first thing wrong about it."""
    first: dict[str, Violation] = {}
    for violation in violations:
        first.setdefault(_MEMBERS.get(violation.field, violation.field), violation)
    return [
        FieldError(member, _text(member, first[member].code))
        for member in sorted(first, key=_ORDER.__getitem__)
    ]


def _text(member: str, code: str) -> str:
    texts = _TEXTS[member]
    return texts.get(code, texts[None])
