"""Every failure as contract v1 shows it. What went wrong inside stays inside."""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException

from serinus.domain.content.post import PostNotFound
from serinus.domain.content.slug import SlugTaken
from serinus.domain.errors import (
    Forbidden,
    Invalid,
    SerinusError,
    Stale,
    TooMany,
    Unavailable,
)
from serinus.domain.identity.accounts import AccountNotFound, EmailTaken, UsernameTaken
from serinus.domain.identity.api_keys import ApiKeyNotFound, TooManyApiKeys
from serinus.domain.identity.sessions import (
    InvalidCredentials,
    InvalidToken,
    MissingCredentials,
    TokenReused,
)
from serinus.presentation.http.v1.envelope import Envelope, failed
from serinus.presentation.http.v1.reading import Unreadable
from serinus.presentation.http.v1.wording import in_words

AnyRequest = Request[Any, Any, Any]
Failure = Response[Envelope[None]]

RETRY_AFTER = {"Retry-After": "5"}  # seconds
UNAVAILABLE = "Service temporarily unavailable"
NO_ENDPOINT = "Endpoint not found"
INVALID = "Invalid input"
UNEXPECTED = "An internal server error occurred"

_KNOWN: dict[type[SerinusError], tuple[int, str]] = {
    MissingCredentials: (401, "Missing or malformed authorization header."),
    InvalidToken: (401, "Invalid or expired token."),
    TokenReused: (401, "Invalid or expired token."),
    InvalidCredentials: (401, "Invalid credentials"),
    Forbidden: (403, "Insufficient permissions"),
    PostNotFound: (404, "Post not found"),
    AccountNotFound: (404, "User not found"),
    ApiKeyNotFound: (404, "API key not found"),
    UsernameTaken: (409, "Username already taken"),
    EmailTaken: (409, "Email already registered"),
    SlugTaken: (409, "Slug already in use"),
    TooManyApiKeys: (409, "Too many API keys"),
    TooMany: (429, "Rate limit exceeded. Please try again later."),
    Unavailable: (503, UNAVAILABLE),
    Stale: (503, UNAVAILABLE),  # v1 has no versions: only a crowd of writers gets this far
}
_REFUSED = {404: NO_ENDPOINT, 405: "Method not allowed", 413: "Request body too large"}
_ELSEWHERE = {
    400: ["Malformed JSON", "Invalid type for field: ...", "Invalid query parameter: ..."],
    413: [_REFUSED[413]],
    415: ["Expected application/json"],
    422: [INVALID],
    500: [UNEXPECTED],
}

log = structlog.get_logger("serinus.http.v1")


def expected(request: AnyRequest, error: SerinusError) -> Failure:
    if isinstance(error, Invalid):
        problems = in_words(error.violations)
        return Response(failed(INVALID, problems=problems), status_code=422)
    known = next((_KNOWN[kind] for kind in type(error).mro() if kind in _KNOWN), None)
    if known is None:
        return unexpected(request, error)
    status, text = known
    headers = dict(RETRY_AFTER) if status == 503 else {}
    if isinstance(error, TooMany):
        headers = {"Retry-After": str(error.retry_after)}
    return Response(failed(text), status_code=status, headers=headers)


def unreadable(_: AnyRequest, error: Unreadable) -> Failure:
    return Response(failed(str(error)), status_code=error.status)


def refused(request: AnyRequest, error: HTTPException) -> Failure:
    """What the framework refuses before any handler is asked."""
    if error.status_code >= 500:
        return unexpected(request, error)
    text = _REFUSED.get(error.status_code, "Malformed request")
    headers = {"Allow": _allow(error)} if isinstance(error, MethodNotAllowedException) else {}
    return Response(failed(text), status_code=error.status_code, headers=headers)


def unexpected(request: AnyRequest, error: Exception) -> Failure:
    request_id = request.scope["state"].get("request_id")
    log.error("request failed", request_id=request_id, exc_info=error)
    return Response(failed(UNEXPECTED), status_code=500)


def texts_of(status: int) -> list[str]:
    """What `error` may say, for the documentation."""
    known = [text for its, text in _KNOWN.values() if its == status]
    return list(dict.fromkeys(known + _ELSEWHERE.get(status, [])))


def _allow(error: HTTPException) -> str:
    """HEAD goes where GET goes. OPTIONS is the framework's own, and not of this contract."""
    methods = set((error.headers or {}).get("allow", "").split(", ")) - {"OPTIONS"}
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
