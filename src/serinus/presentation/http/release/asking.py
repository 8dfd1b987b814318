"""What the handlers of `/api/release` share: their address, who may look, how they answer."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from serinus.application.release.ports import Seen
from serinus.domain.errors import Forbidden, SerinusError
from serinus.domain.identity.caller import Caller, Scope
from serinus.domain.release.assignment import Routing
from serinus.domain.release.release import Release
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.conditional import not_modified, unchanged, weak_etag
from serinus.presentation.http.v2.describing import refuses
from serinus.presentation.http.v2.list_parameters import Parameter
from serinus.presentation.http.v2.list_queries import check_known
from serinus.presentation.http.v2.lists import Listing, Page
from serinus.presentation.http.v2.query_values import parameters
from serinus.presentation.http.v2.refusals import MalformedHeader
from serinus.presentation.http.v2.release_tags import release_tag

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]

#: What the worker that answers serves itself.
Here = Callable[[], Routing]

BASE = "/api/release"


def may_look(caller: Caller, request: AnyRequest, *known: str) -> dict[str, str]:
    """The parameters of the query. Raise `Forbidden`, `UnknownParameter`."""
    caller.need(Scope.RELEASE_READ)
    given = parameters(request.scope["query_string"])
    check_known(given, known)
    return given


def reads(
    path: str, *errors: type[SerinusError], parameters: Sequence[Parameter] = ()
) -> HTTPRouteHandler:
    """A decorator, like Litestar's `get`. `errors`: beside those of everything that reads."""
    return get(
        path,
        opt={**refuses(Forbidden, MalformedHeader, *errors), "parameters": parameters},
        response_headers=[caching.ETAG],
        responses=caching.NOT_MODIFIED,
    )


def answered(
    shown: T,
    release: Release | None = None,
    *,
    unless: AnyRequest | None = None,
    status: int = 200,
    location: str | None = None,
) -> Response[T]:
    """For nobody else. With a release the ETag is of its state. `unless`: 304 when that client
    has it.
    """
    body = msgspec.json.encode(shown)
    tag = release_tag(Seen(release.id, release.version), body) if release else weak_etag(body)
    headers = caching.private() | ({"Location": location} if location else {})
    if unless is not None and unchanged(unless, tag):
        return cast("Response[T]", not_modified(tag, **headers))
    return caching.Encoded(body, status, {"ETag": tag, **headers})


def everything(data: Sequence[T], limit: int, unless: AnyRequest) -> Response[Listing[T]]:
    """A list that is never longer than `limit`."""
    page = Page(next=None, prev=None, limit=limit)
    return answered(Listing(data=list(data), page=page), unless=unless)
