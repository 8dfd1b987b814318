"""Conditional requests (RFC 9110, section 13): entity tags are versions."""

import re
from hashlib import blake2b
from typing import Any, cast

from litestar import Request, Response

from serinus.presentation.http.asgi import Scope, header
from serinus.presentation.http.v2.refusals import MalformedHeader, PreconditionRequired

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_LIST = re.compile(rf"\s*{_TAG.pattern}(\s*,\s*{_TAG.pattern})*\s*")
_VERSION = re.compile(r"([1-9][0-9]{0,9})(-[0-9a-f]+)?")

#: No stored version: a caller that has seen only foreign tags has seen nothing of ours.
NEVER = 0


def etag(version: int) -> str:
    """Strong: the version changes with every change of what is shown."""
    return f'"{version}"'


def etag_of(version: int, body: bytes) -> str:
    """Strong, where one version has several representations: other members, renamed tags.

    `If-Match` asks for the version alone; what a client left out it can still change.
    """
    return f'"{version}-{digest(body)}"'


def weak_etag(body: bytes) -> str:
    """For lists, which have no version."""
    return f'W/"{digest(body)}"'


def seen_version(request: Request[Any, Any, Any]) -> int | None:
    """The version in `If-Match`, None for `*`. Raise `PreconditionRequired` without one.

    Of several tags the newest counts: versions only grow, so none older can be current once
    the newest has existed. Weak tags never match (RFC 9110, section 13.1.1).
    """
    if not request.headers.get("if-match", "").strip():
        raise PreconditionRequired
    seen = seen_tags(request)
    if seen is None:
        return None
    tags = [_VERSION.fullmatch(tag) for tag in seen]
    return max((int(tag[1]) for tag in tags if tag), default=NEVER)


def seen_tags(request: Request[Any, Any, Any]) -> list[str] | None:
    """The strong tags in `If-Match`; None for `*`, and without one."""
    value = request.headers.get("if-match", "").strip()
    if value in {"", "*"}:
        return None
    return [tag for weak, tag in _tags("If-Match", value) if not weak]


def version_if_sent(request: Request[Any, Any, Any]) -> int | None:
    """Like `seen_version`, where `If-Match` is welcome and not asked for."""
    return seen_version(request) if request.headers.get("if-match", "").strip() else None


def unchanged(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether `If-None-Match` names what we would send. Compares weakly, as it must."""
    # Straight from the scope: most requests have none, and the headers stay unparsed.
    return names(header(cast("Scope", request.scope), b"if-none-match"), tag)


def names(if_none_match: bytes | None, tag: str) -> bool:
    """Whether the header, if there is one, names the tag. Raise `MalformedHeader`."""
    value = (if_none_match or b"").decode("latin-1").strip()
    if not value or value == "*":
        return bool(value)
    opaque = tag.removeprefix("W/").strip('"')
    return any(seen == opaque for _, seen in _tags("If-None-Match", value))


def not_modified(tag: str, **headers: str) -> Response[None]:
    """304 with the headers that the full answer would carry."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(None, status_code=304, headers={"ETag": tag, **named})


def digest(body: bytes) -> str:
    """Tells representations apart."""
    return blake2b(body, digest_size=6).hexdigest()


def _tags(name: str, value: str) -> list[tuple[str, str]]:
    if not _LIST.fullmatch(value):
        raise MalformedHeader(f"{name} is not a list of entity tags", parameter=name)
    return _TAG.findall(value)
