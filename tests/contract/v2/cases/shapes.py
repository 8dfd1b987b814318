"""The shapes of contract v2, written out: every member, in the contract's order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from serinus.presentation.http.v2.problem_catalogue import BY_CODE
from serinus.presentation.http.v2.problems import status_of
from tests.contract.table.case import (
    ID,
    TOKEN,
    Answer,
    Kept,
    Like,
    Made,
    Names,
    Spoken,
    answer,
    the,
)
from tests.contract.table.case import REFRESH_TOKEN as REFRESH

NOON, BORN = "2030-01-01T12:00:00Z", "2026-01-01T00:00:00Z"
PUBLIC = "public, max-age=0, s-maxage=30, stale-while-revalidate=120"
PRIVATE = "private, no-store"
VARY = "Authorization, X-API-Key, Origin"  # the latter as there are origins that may read
TEXT = Like(r"(?s).+")
#: Of an item: the version, and what of it is shown.
ETAG = Like(r'"[1-9]\d*-[0-9a-f]{12}"')
#: Of a list, which has no version.
WEAK = Like(r'W/"[0-9a-f]{12}"')
CURSOR = Like(r"[\w-]{20,}")
Value = Made | Spoken | str | int | None


@dataclass(frozen=True)
class Instant(Made):
    """A time in the contract's form, since the case began."""

    def fits(self, value: object, names: Names) -> bool:
        if not isinstance(value, str) or not re.fullmatch(r"[\d-]{10}T[\d:.]{8,15}Z", value):
            return False
        leeway = timedelta(seconds=1)  # both clocks are one machine's, but read apart
        at = datetime.fromisoformat(value)
        return names.began - leeway <= at <= datetime.now(UTC) + leeway


NOW = Instant()


@dataclass(frozen=True)
class Anything(Made):
    """What another case is about."""

    def fits(self, value: object, names: Names) -> bool:
        return value is not None


def of_version(version: int) -> Like:
    return Like(rf'"{version}-[0-9a-f]{{12}}"')


def item(body: Any, status: int = 200, **headers: Any) -> Answer:
    """Something that is its owner's alone, or was just written."""
    told: dict[str, Any] = {"etag": ETAG, "cache_control": PRIVATE, "vary": VARY}
    return answer(status, body, **told | headers)


def public_item(body: Any, tags: str, **headers: Any) -> Answer:
    """`tags`: the records that it shows."""
    told: dict[str, Any] = {"etag": ETAG, "cache_control": PUBLIC, "vary": VARY}
    told["cache_tag"] = Spoken(tags)
    return answer(200, body, **told | headers)


def listing(
    *data: Any, after: Value = None, before: Value = None, limit: int = 20, **members: Any
) -> dict[str, Any]:
    page = {"next": after, "prev": before, "limit": limit}
    return {"data": list(data), "page": page} | members


def refused(code: str, *errors: Mapping[str, Any], **headers: Any) -> Answer:
    """Any failure: a problem of its own status, under its own title."""
    known = BY_CODE[code]
    status = int(status_of(known.error))
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": known.title,
        "status": status,
        "code": code,
        "detail": TEXT,
        "request_id": Like(r"[0-9a-f-]{36}"),
    }
    if errors:
        body["errors"] = list(errors)
    return answer(status, body, **{"cache_control": "no-store"} | headers)


def at(pointer: str, code: str, **params: Any) -> dict[str, Any]:
    """One thing wrong with a body."""
    told = {"code": code, "message": TEXT, "pointer": pointer}
    return told | ({"params": params} if params else {})


def about(parameter: str, code: str) -> dict[str, Any]:
    """What is wrong with a parameter or a header."""
    return {"code": code, "message": TEXT, "parameter": parameter}


def invalid(*errors: Mapping[str, Any]) -> Answer:
    return refused("validation_failed", *errors)


def bad_parameter(name: str) -> Answer:
    return refused("invalid_parameter", about(name, "invalid_parameter"))


def unknown_parameter(name: str) -> Answer:
    return refused("unknown_parameter", about(name, "unknown_parameter"))


def bad_header(name: str) -> Answer:
    return refused("malformed_header", about(name, "malformed_header"))


REALM = 'Bearer realm="serinus"'
NOT_SIGNED_IN = refused("missing_credentials", www_authenticate=REALM)
BAD_TOKEN = refused(
    "invalid_token", www_authenticate='Bearer realm="serinus", error="invalid_token"'
)
REUSED = refused(
    "token_reused", www_authenticate='Bearer realm="serinus", error="invalid_token"'
)
BAD_LOGIN = refused("invalid_credentials", www_authenticate=REALM)
FORBIDDEN = refused("insufficient_permissions")
UNREAD = refused("precondition_required")
GONE = answer(204)


def stale(version: int) -> Answer:
    return refused("stale_version", etag=f'"{version}"')


def user(name: str, holding: str | None = None, /, **members: Any) -> dict[str, Any]:
    """A person of the state as they see themselves, or as administrators see them."""
    return {
        "id": the(name),
        "username": name,
        "email": the(f"{name}.email"),
        "first_name": None,
        "last_name": None,
        "role": holding or name,
        "is_active": True,
        "email_verified": False,
        "last_login": None,
        "created_at": BORN,
        "updated_at": BORN,
        "version": 1,
    } | members


def without(members: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}


def to_others(name: str, **members: Any) -> dict[str, Any]:
    """A person of the state as everybody else sees them."""
    hidden = ("email", "role", "is_active", "email_verified", "last_login")
    return without(user(name), *hidden) | members


def signed_in(account: dict[str, Any], *, keep: str = "") -> dict[str, Any]:
    """Tokens and the account. They are kept as `<keep>access`, `<keep>refresh`, `session`."""
    return {
        "access_token": Kept(f"{keep}access", TOKEN),
        "token_type": "Bearer",
        "expires_in": 900,
        "refresh_token": Kept(f"{keep}refresh", REFRESH),
        "session_id": Kept("session", ID),
        "user": account,
    }


def byline(name: str) -> dict[str, Any]:
    return {"id": the(name), "username": name, "name": name}


def term(name: str, slug: str | None = None) -> dict[str, Any]:
    return {"id": ID, "slug": slug or name, "name": name}


def planted_post(name: str, **members: Any) -> dict[str, Any]:
    """A post of the state: published by the author at noon, and no more."""
    return {
        "id": the(name),
        "type": "post",
        "slug": name,
        "title": "Planted",
        "content": "Planted.",
        "content_format": "markdown",
        "excerpt": None,
        "status": "published",
        "locale": "en",
        "author": byline("author"),
        "tags": [],
        "categories": [],
        "featured_image": None,
        "seo": {"title": None, "description": None},
        "reading_minutes": 1,
        "version": 1,
        "created_at": NOON,
        "updated_at": NOON,
        "published_at": NOON,
        "scheduled_at": None,
    } | members


def written_post(by: str, **members: Any) -> dict[str, Any]:
    """A post just written: a draft, and no more."""
    return planted_post(
        "written",
        **{
            "id": Kept("written", ID),
            "slug": "canaries-sing",
            "title": "Canaries sing",
            "content": "They do.",
            "status": "draft",
            "author": byline(by),
            "created_at": NOW,
            "updated_at": NOW,
            "published_at": None,
        }
        | members,
    )


def tag_view(name: str, **members: Any) -> dict[str, Any]:
    return {
        "id": the(name),
        "slug": name.lower(),
        "name": name,
        "usage_count": 0,
        "created_at": NOON,
        "updated_at": NOON,
        "version": 1,
    } | members


def made_tag(name: str, **members: Any) -> dict[str, Any]:
    new = {"id": Kept("made", ID), "created_at": NOW, "updated_at": NOW}
    return tag_view(name, **new | members)


def category_view(name: str, **members: Any) -> dict[str, Any]:
    return {
        "id": the(name),
        "parent_id": None,
        "slug": name.lower(),
        "name": name,
        "description": None,
        "path": [name.lower()],
        "depth": 1,
        "created_at": NOON,
        "updated_at": NOON,
        "version": 1,
    } | members


def made_category(name: str, **members: Any) -> dict[str, Any]:
    new = {"id": Kept("made", ID), "created_at": NOW, "updated_at": NOW}
    return category_view(name, **new | members)


def key_view(name: str, **members: Any) -> dict[str, Any]:
    return {
        "id": the(name),
        "user_id": the("author"),
        "name": name,
        "scopes": ["posts:read"],
        "created_at": BORN,
        "expires_at": None,
        "last_used_at": None,
    } | members
