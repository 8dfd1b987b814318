"""What contract v1 answers to requests that no engine sees."""

from http import HTTPStatus

import msgspec

from serinus.presentation.http.asgi import Header, Scope, Send, answer
from serinus.presentation.http.v1.envelope import failed

TEXTS = {
    HTTPStatus.TOO_MANY_REQUESTS: "Rate limit exceeded. Please try again later.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request body too large",
}


async def turn_away(_: Scope, send: Send, status: HTTPStatus, wait: int) -> None:
    """`wait`: seconds, 0 for no `Retry-After`."""
    headers: list[Header] = [(b"content-type", b"application/json")]
    if wait:
        headers.append((b"retry-after", str(wait).encode()))
    await answer(send, status, headers, msgspec.json.encode(failed(TEXTS[status])))
