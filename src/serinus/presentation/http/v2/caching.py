"""What caches may do with an answer: RFC 9111, and `Cache-Tag` for purging by record."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.response.base import ASGIResponse

from serinus.domain.content.post import Post
from serinus.presentation.http import asgi
from serinus.presentation.http.asgi import Receive, Scope, Send
from serinus.presentation.http.v2.conditional import (
    etag_of,
    not_modified,
    unchanged,
    weak_etag,
)

T = TypeVar("T")

PUBLIC = "public, max-age=0, s-maxage=30, stale-while-revalidate=120"
PRIVATE = "private, no-store"

# An answer to nobody in particular may not be given to somebody, nor the other way round.
VARY = "Authorization, X-API-Key"

ETAG = ResponseHeader("ETag", documentation_only=True, description="for conditional requests")
LOCATION = ResponseHeader("Location", documentation_only=True, description="where it is now")
DESCRIBED = [
    ETAG,
    ResponseHeader(
        "Cache-Control", documentation_only=True, description=f"{PUBLIC}, or {PRIVATE}"
    ),
    ResponseHeader("Cache-Tag", documentation_only=True, description="records, for purging"),
]

NOT_MODIFIED = {304: ResponseSpec(None, description="the client has it already")}
MOVED = {301: ResponseSpec(None, description="it is at `Location` now")}

LONGEST_TAGS = 2048  # bytes of a `Cache-Tag`
LIST_OF_POSTS = "list:posts"
LIST_OF_TAGS = "list:tags"
LIST_OF_CATEGORIES = "list:categories"

_encode = msgspec.json.Encoder().encode


def public(tags: Iterable[str]) -> dict[str, str]:
    return {"Cache-Control": PUBLIC, "Cache-Tag": ",".join(tags), "Vary": VARY}


def public_list(name: str, tags: Iterable[str]) -> dict[str, str]:
    """Of a list that is told of whenever anything it shows changes (see migration 0008).

    So it can do without the tags of its items, where these are too many for a header: proxies
    take 4 KB for all headers together, unless they are told otherwise.
    """
    shown = list(dict.fromkeys(tags))
    named = public([name, *shown])
    return named if len(named["Cache-Tag"]) <= LONGEST_TAGS else public([name])


def private() -> dict[str, str]:
    return {"Cache-Control": PRIVATE, "Vary": VARY}


def tags_of(post: Post) -> list[str]:
    """Whatever changes what is shown of a post: itself, and the names of author and terms."""
    return [
        f"post:{post.id}",
        f"user:{post.author.id}",
        *(f"tag:{tag.id}" for tag in post.tags),
        *(f"category:{category.id}" for category in post.categories),
    ]


def answer(
    shown: T,
    headers: dict[str, str],
    *,
    version: int | None = None,
    unless: Request[Any, Any, Any] | None = None,
    status: int = 200,
) -> Response[T]:
    """`version`: of the item; lists have none. `unless`: 304 when that client has it."""
    body = _encode(shown)
    tag = weak_etag(body) if version is None else etag_of(version, body)
    if unless is not None and unchanged(unless, tag):
        return cast("Response[T]", not_modified(tag, **headers))
    return Encoded(body, status, {"ETag": tag, **headers})


class Encoded(Response[T]):
    """JSON that is ready to be sent.

    Litestar's own response would go through media types, cookies, background tasks and two
    kinds of header collections first; on a cheap read that is a sixth of all the work.
    """

    def __init__(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        # Not the parent's: none of what it prepares is used.
        self.status_code = self._status = status
        self._body = body
        self._headers = [(b"content-type", b"application/json")]
        self._headers += [(name.lower().encode(), headers[name].encode()) for name in headers]

    def to_asgi_response(self, *_: object, **__: object) -> ASGIResponse:
        return cast("ASGIResponse", self._answer)

    async def _answer(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await asgi.answer(send, self._status, self._headers, self._body)
