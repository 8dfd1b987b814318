"""The ASGI 3.0 interface, and the little that every plain ASGI layer here needs of it."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from string import punctuation
from typing import Any
from urllib.parse import quote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

LONGEST_SHOWN = 200  # characters of a path
PRINTABLE = punctuation + " "


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def carry(scope: Scope, headers: Iterable[Header]) -> None:
    """Have the answer carry headers, but none that it has already.

    `RequestContext` adds them, all layers' at once: a `send` around each layer's `send` would
    cost every request several times what it does.
    """
    scope["state"].setdefault("carried", []).extend(headers)


async def answer(
    send: Send, status: int, headers: Iterable[Header], body: bytes, *, head: bool = False
) -> None:
    """Send a whole answer; to HEAD, what GET would be told about the body, without it."""
    sized = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": sized})
    await send({"type": "http.response.body", "body": b"" if head else body})


def shown_path(scope: Scope) -> str:
    """The path as a log may hold it: as it was sent, of printable ASCII, not endless.

    Never the query: tokens travel there. Nor the decoded path: `%0A` would begin a new line.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    path = raw.partition(b"?")[0].decode("latin-1")
    if len(path) > LONGEST_SHOWN:
        path = path[:LONGEST_SHOWN] + "..."
    if path.isascii() and path.isprintable():
        return path
    return quote(path, safe=PRINTABLE, encoding="latin-1")
