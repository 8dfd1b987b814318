"""What Litestar's routing does otherwise: exact paths, HEAD, and OPTIONS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send

NO_METHOD = "-"
HEAD = "serinus.head"


@dataclass(frozen=True, slots=True)
class StrictPaths:
    """One resource, one address: Litestar would take `/posts/` and `//posts` for `/posts`.

    HEAD is GET without the body (RFC 9110, section 9.3.2). OPTIONS tells all methods of a path,
    where Litestar tells those of one of its handlers.
    """

    app: App
    nothing_here: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if "//" in path or (path.endswith("/") and path != "/"):
            await self.nothing_here(scope, receive, send)
        elif scope["method"] == "HEAD":
            got = {**scope, "method": "GET", HEAD: True}
            await self.app(got, receive, _without_body(send))
        elif scope["method"] == "OPTIONS":
            # No handler has this method, so that the answer lists the methods there are.
            await self.app({**scope, "method": NO_METHOD}, receive, _as_options(send))
        else:
            await self.app(scope, receive, send)


def is_head(scope: Mapping[str, Any]) -> bool:
    """For what answers with a body that does not end."""
    return HEAD in scope


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


def _as_options(send: Send) -> Send:
    allowed = False

    async def send_options(message: Message) -> None:
        nonlocal allowed
        if message["type"] == "http.response.start" and message["status"] == 405:
            allowed = True
            headers = [pair for pair in message["headers"] if pair[0].lower() == b"allow"]
            message = {**message, "status": 204, "headers": headers}
        elif allowed:
            message = {**message, "body": b""}
        await send(message)

    return send_options
