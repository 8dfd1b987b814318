"""What contract v1 answers to requests that no engine sees."""

from http import HTTPStatus

import msgspec

from serinus.domain.errors import Forbidden, SerinusError, Unauthenticated
from serinus.domain.identity.sessions import MissingCredentials
from serinus.presentation.http.asgi import Header, Receive, Scope, Send, answer
from serinus.presentation.http.v1.envelope import failed

RETRY_AFTER = 5  # seconds, when something we depend on is away

TEXTS = {
    HTTPStatus.UNAUTHORIZED: "Invalid or expired token.",
    HTTPStatus.FORBIDDEN: "Insufficient permissions",
    HTTPStatus.METHOD_NOT_ALLOWED: "Method not allowed",
    HTTPStatus.TOO_MANY_REQUESTS: "Rate limit exceeded. Please try again later.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request body too large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "An internal server error occurred",
    HTTPStatus.SERVICE_UNAVAILABLE: "Service temporarily unavailable",
}
NOBODY = "Missing or malformed authorization header."


async def turn_away(_: Scope, send: Send, status: HTTPStatus, wait: int) -> None:
    """`wait`: seconds, 0 for no `Retry-After`."""
    more = [(b"retry-after", str(wait).encode())] if wait else []
    await _answer(send, status, TEXTS[status], more)


async def refuse(scope: Scope, send: Send, error: SerinusError) -> None:
    """Somebody who may not read what is no operation of an engine."""
    match error:
        case MissingCredentials():
            await _answer(send, HTTPStatus.UNAUTHORIZED, NOBODY, [])
        case Unauthenticated():
            await turn_away(scope, send, HTTPStatus.UNAUTHORIZED, 0)
        case Forbidden():
            await turn_away(scope, send, HTTPStatus.FORBIDDEN, 0)
        case _:
            await turn_away(scope, send, HTTPStatus.SERVICE_UNAVAILABLE, RETRY_AFTER)


async def only_read(_: Scope, _receive: Receive, send: Send) -> None:
    """Another method than GET and HEAD, where there are no others."""
    status = HTTPStatus.METHOD_NOT_ALLOWED
    await _answer(send, status, TEXTS[status], [(b"allow", b"GET, HEAD")])


async def _answer(send: Send, status: HTTPStatus, text: str, more: list[Header]) -> None:
    headers = [(b"content-type", b"application/json"), *more]
    await answer(send, status, headers, msgspec.json.encode(failed(text)))
