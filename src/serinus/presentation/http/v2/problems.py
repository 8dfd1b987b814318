"""Failures as RFC 9457 problems: the one place where an error becomes HTTP."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, UnsetType

from serinus.application.content.batching import BatchRefused
from serinus.application.release.ports import MovedOn
from serinus.application.release.steering import CoolingDown
from serinus.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    SerinusError,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
    Violation,
)
from serinus.domain.identity.sessions import InvalidToken, TokenReused
from serinus.domain.release.release import NotAllowed
from serinus.presentation.http.asgi import Receive, Scope, Send, answer, shown_path
from serinus.presentation.http.v2 import refusals
from serinus.presentation.http.v2.body_problems import within
from serinus.presentation.http.v2.problem_catalogue import BY_CODE
from serinus.presentation.http.v2.release_tags import release_tag

log = structlog.get_logger("serinus.http.v2")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 5  # seconds, when something we depend on is away
REALM = 'Bearer realm="serinus"'

STATUS_BY_FAMILY: dict[type[SerinusError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    refusals.Malformed: HTTPStatus.BAD_REQUEST,
    refusals.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    refusals.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    refusals.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.PreconditionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    refusals.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.InternalError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class ProblemItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong: `pointer` (RFC 6901) into the body, or the `parameter` it is about."""

    code: str
    message: str
    pointer: str | UnsetType = UNSET
    parameter: str | UnsetType = UNSET
    params: dict[str, Any] | UnsetType = UNSET


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Programs branch on `code`, which is stable; `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[ProblemItem] | UnsetType = UNSET


def request_id(scope: Scope) -> str:
    """The id that the layer in front gave the request, or one of our own."""
    state = scope.setdefault("state", {})
    return str(state.setdefault("request_id", str(uuid4())))


def status_of(kind: type[SerinusError]) -> HTTPStatus:
    """The nearest family counts: `Conflict` for `SlugTaken`, 404 for `PathNotFound`."""
    return next(STATUS_BY_FAMILY[each] for each in kind.__mro__ if each in STATUS_BY_FAMILY)


def title_of(code: str, status: HTTPStatus) -> str:
    """A problem type's own title, the same every time it occurs (RFC 9457, section 3.1.3)."""
    known = BY_CODE.get(code)
    return known.title if known else status.phrase


def problem_of(error: SerinusError, scope: Scope) -> Problem:
    status = status_of(type(error))
    return Problem(
        type=f"/problems/{error.code}",
        title=title_of(error.code, status),
        status=status,
        code=error.code,
        detail=_detail(error),
        request_id=request_id(scope),
        errors=_items(error) or UNSET,
    )


def headers_of(error: SerinusError) -> dict[str, str]:
    """What HTTP asks to say beside the body."""
    headers: dict[str, str] = {}
    match error:
        case MovedOn():
            headers["ETag"] = release_tag(error.now)
        case Stale():
            headers["ETag"] = f'"{error.version}"'
        case InvalidToken() | TokenReused():
            # RFC 6750, section 3.1: only a token that was shown and failed gets a code.
            headers["WWW-Authenticate"] = f'{REALM}, error="invalid_token"'
        case Unauthenticated():
            headers["WWW-Authenticate"] = REALM
        case TooMany() | CoolingDown() | refusals.IdempotencyInProgress():
            headers["Retry-After"] = str(error.retry_after)
        case Unavailable():
            headers["Retry-After"] = str(RETRY_AFTER)
        case refusals.MethodNotAllowed():
            headers["Allow"] = error.allow
        case _:
            pass
    return headers


def _detail(error: SerinusError) -> str:
    match error:
        case Unavailable():
            return "something this service depends on does not answer"
        case Invalid() if len(error.violations) != 1:
            return f"{len(error.violations)} members of the body are not acceptable"
        case Stale() if not isinstance(error, MovedOn):
            return "it was changed since you read it; read it again and merge"
        case _:
            return str(error) or status_of(type(error)).phrase


def items_within(operation: int, error: SerinusError) -> list[ProblemItem]:
    """What is wrong with one operation of a batch, pointing into the body of the batch."""
    at = f"/operations/{operation}"
    if isinstance(error, Invalid):
        return [_item(each) for each in within(f"{at}/data", error.violations)]
    params = {"version": error.version} if isinstance(error, Stale) else UNSET
    return [ProblemItem(error.code, _detail(error), pointer=at, params=params)]


def _items(error: SerinusError) -> list[ProblemItem]:
    match error:
        case BatchRefused():
            return items_within(error.index, error.cause)
        case Invalid():
            return [_item(violation) for violation in error.violations]
        case NotAllowed():
            return [ProblemItem(error.why, str(error))]
        case refusals.Malformed() if error.parameter is not None:
            return [ProblemItem(error.code, str(error), parameter=error.parameter)]
        case _:
            return []


def _item(violation: Violation) -> ProblemItem:
    return ProblemItem(
        violation.code,
        violation.message,
        pointer=pointer(violation.field),
        params=dict(violation.params) or UNSET,
    )


def pointer(field: str) -> str:
    """A violation's field as a JSON pointer. One that is a pointer already stays."""
    return field if field.startswith("/") else f"/{field}"


def _response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    sent = {"Cache-Control": "no-store", **(headers or {})}
    return Response(problem, status_code=problem.status, headers=sent, media_type=MEDIA_TYPE)


def _on_expected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    assert isinstance(error, SerinusError)  # noqa: S101 - registered for nothing else
    return _response(problem_of(error, cast("Scope", request.scope)), headers_of(error))


def _on_framework(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """What Litestar itself refuses, in our words: its own would quote its inner workings."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            refused: SerinusError = refusals.PathNotFound("there is nothing at this path")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            refused = refusals.MethodNotAllowed(_allow(error))
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            refused = refusals.BodyTooLarge("the body is too large")
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            refused = _refused_input(error)
        case _:
            return _on_unexpected(request, error)
    return _on_expected(request, refused)


def _allow(error: HTTPException) -> str:
    methods = set((error.headers or {}).get("allow", "").split(", ")) - {""}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


def _refused_input(error: HTTPException) -> refusals.Malformed:
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        keys = [str(item.get("key", "")) for item in error.extra if isinstance(item, dict)]
        if "data" in keys or not keys:
            return refusals.MalformedJson("the body is empty")
        return refusals.InvalidParameter(
            f"the value of {keys[0]!r} is not acceptable", parameter=keys[0]
        )
    return refusals.Malformed("the request cannot be read")


def _on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.error(
        "request failed",
        request_id=request_id(cast("Scope", request.scope)),
        method=request.scope["method"],
        path=shown_path(cast("Scope", request.scope)),
        exc_info=error,
    )
    return _on_expected(request, refusals.InternalError())


HANDLERS: ExceptionHandlersMap = {
    SerinusError: _on_expected,
    HTTPException: _on_framework,
    Exception: _on_unexpected,
}


async def send_problem(error: SerinusError, scope: Scope, send: Send) -> None:
    """For plain ASGI layers, which have no Litestar around them."""
    problem = problem_of(error, scope)
    headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store", **headers_of(error)}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await answer(send, problem.status, raw, msgspec.json.encode(problem))


async def nothing_here(scope: Scope, _receive: Receive, send: Send) -> None:
    """An ASGI application that knows no path."""
    await send_problem(refusals.PathNotFound("there is nothing at this path"), scope, send)
