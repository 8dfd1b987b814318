"""Requests into values: JSON bodies, query strings and ids, as leniently as v1 clients need.

Unknown members and parameters are ignored, null is as good as absent, a parameter given twice
counts as given last. What cannot be read is refused with the contract's own words.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import InternalServerException

from serinus.application.content.numbered_pages import PostColumn, PostFilter, TagColumn
from serinus.application.identity.people import AccountColumn, AccountFilter
from serinus.application.slices import Slice
from serinus.domain.content.post import PostId, Status
from serinus.domain.content.taxonomy import tag_key
from serinus.domain.identity.caller import Role, UserId

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MAX_DEPTH = 201  # objects and arrays within each other

T = TypeVar("T", bound=msgspec.Struct)
Column = TypeVar("Column", PostColumn, TagColumn, AccountColumn)
Connection = ASGIConnection[Any, Any, Any, Any]

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile("[0-9]{1,1000}", re.ASCII)
# An escaped NUL, and not an escaped backslash before `u0000`.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

# What `status` may ask for. Scheduled posts are drafts to v1.
_STATUSES: dict[str, frozenset[Status]] = {
    "draft": frozenset({Status.DRAFT, Status.SCHEDULED}),
    "published": frozenset({Status.PUBLISHED}),
    "archived": frozenset({Status.ARCHIVED}),
}

_ROLES = {
    spelling: role
    for role in Role
    for spelling in (role.value, role.value.replace("_", ""))  # `SuperAdmin` in bodies
}
_TRUTH = {"true": True, "false": False}


class Unreadable(Exception):
    """The request means nothing to the contract; the text says what is wrong."""

    status: ClassVar = 400


class NotJson(Unreadable):
    status: ClassVar = 415


async def body_of(request: Request[Any, Any, Any], shape: type[T]) -> T:
    """Read a JSON object. Raise `NotJson`, `Unreadable`."""
    media_type = request.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() != "application/json":
        raise NotJson("Expected application/json")
    sent = _json_object(await _raw(request))
    return shape(
        **{
            field.name: _member(sent[field.name], field)
            for field in msgspec.structs.fields(shape)
            if sent.get(field.name) is not None
        }
    )


async def _raw(request: Request[Any, Any, Any]) -> bytes:
    try:
        return await request.body()
    except InternalServerException as error:
        # The client went away in the middle: nobody reads the answer, and nothing failed here.
        raise Unreadable("Malformed JSON") from error


def _json_object(raw: bytes) -> dict[str, object]:
    try:
        sent = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("Malformed JSON") from error
    # PostgreSQL's text cannot hold a NUL.
    if _NUL.search(raw) or _is_too_deep(sent, raw):
        raise Unreadable("Malformed JSON")
    if not isinstance(sent, dict):
        raise Unreadable("Expected a JSON object")
    return sent


def _is_too_deep(sent: object, raw: bytes) -> bool:
    """The parser's own limit depends on how deep the stack is already; ours does not."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return False
    level = [sent] if isinstance(sent, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]
    return bool(level)


def _member(value: object, field: msgspec.structs.FieldInfo) -> object:
    try:
        return msgspec.convert(value, field.type)
    except msgspec.ValidationError as error:
        raise Unreadable(f"Invalid type for field: {field.name}") from error


def over(given: str | None, there: str | None) -> str | None:
    """What was sent, over what was there: null leaves it, an empty string clears it."""
    return there if given is None else given or None


def query_of(connection: Connection) -> dict[str, str]:
    return dict(
        parse_qsl(connection.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    )


def slice_of(query: Mapping[str, str], columns: type[Column]) -> tuple[Column, Slice]:
    """`page`, `limit` and `sort`. Raise `Unreadable`."""
    page, limit = number_of(query, "page") or 1, limit_of(query)
    sort = query.get("sort", "")
    name = sort.removeprefix("-")
    if name in {column.value for column in columns}:
        return columns(name), Slice(page, limit, descending=sort != name)
    return columns("created_at"), Slice(page, limit, descending=True)


def filter_of(query: Mapping[str, str]) -> PostFilter:
    """`status`, `author` and `tag`. Raise `Unreadable`."""
    statuses = author = None
    if "status" in query:
        statuses = _STATUSES.get(query["status"].lower())
        if statuses is None:
            raise Unreadable("Invalid query parameter: status")
    if "author" in query:
        if not _UUID.fullmatch(query["author"]):
            raise Unreadable("Invalid query parameter: author")
        author = UserId(UUID(query["author"]))
    return PostFilter(
        statuses, author, tag_in_address(query["tag"]) if "tag" in query else None
    )


def account_filter_of(query: Mapping[str, str]) -> AccountFilter:
    """`role` and `active`. Raise `Unreadable`."""
    role = active = None
    if "role" in query:
        role = role_named(query["role"])
        if role is None:
            raise Unreadable("Invalid query parameter: role")
    if "active" in query:
        active = _TRUTH.get(query["active"].lower())
        if active is None:
            raise Unreadable("Invalid query parameter: active")
    return AccountFilter(role, active)


def role_named(name: str) -> Role | None:
    """In any spelling that clients use."""
    return _ROLES.get(name.lower())


def tag_in_address(name: str) -> str:
    """The key of a tag. No tag has an empty one, and PostgreSQL cannot be asked for NUL."""
    return "" if "\0" in name else tag_key(name)


def id_of(connection: Connection) -> UUID:
    """The id in the path. Raise `Unreadable`."""
    given = connection.path_params["id"]
    if not _UUID.fullmatch(given):
        raise Unreadable("Invalid id")
    return UUID(given)


def post_id_of(connection: Connection) -> PostId:
    """Raise `Unreadable`."""
    return PostId(id_of(connection))


def user_id_of(connection: Connection) -> UserId:
    """Raise `Unreadable`."""
    return UserId(id_of(connection))


def limit_of(query: Mapping[str, str], default: int = DEFAULT_LIMIT) -> int:
    """Raise `Unreadable`."""
    return min(number_of(query, "limit") or default, MAX_LIMIT)


def number_of(query: Mapping[str, str], name: str) -> int | None:
    """Raise `Unreadable`."""
    given = query.get(name)
    if given is None:
        return None
    if not _DIGITS.fullmatch(given):
        raise Unreadable(f"Invalid query parameter: {name}")
    return int(given)
