"""The ASGI 3.0 interface, and the little that every plain ASGI layer here needs of it."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def adding(send: Send, headers: Iterable[Header]) -> Send:
    """A `send` that adds headers to the answer, but none that the answer has already."""

    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = list(message.get("headers", ()))
            names = {bytes(name).lower() for name, _ in present}
            present += [pair for pair in headers if pair[0] not in names]
            message = {**message, "headers": present}
        await send(message)

    return send_with


async def answer(send: Send, status: int, headers: Iterable[Header], body: bytes) -> None:
    """Send a whole answer."""
    sized = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": sized})
    await send({"type": "http.response.body", "body": body})
