"""Compression of answers that are worth it, by `Accept-Encoding`."""

import re
from collections.abc import Iterator
from typing import cast

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware

from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send

WORTH_IT = 1024  # bytes
ACCEPTED = b"Accept-Encoding"
LEVEL = 6  # what a higher one saves is not worth its time
#: With a weight it may be refused (RFC 9110, section 12.4.2): `gzip;q=0`.
GZIP = re.compile(rb"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)")


class Compression:
    """Starlette's middleware, for what it will compress. Its look at all else costs an answer
    from the cache more than finding it did.

    An answer that comes in pieces goes out as it is; no operation here has one. So does what
    says by itself that it varies with what is accepted: it has been chosen.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        compressing = GZipMiddleware(
            cast("App", _passed_on), minimum_size=WORTH_IT, compresslevel=LEVEL
        )
        self._compressing = cast("App", compressing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: Message | None = None

        async def weigh(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                held = message
                return
            start, held = held, None
            if start is not None and _is_worth_it(start, message):
                headers = list(start.get("headers", ()))
                start = {**start, "headers": headers}
                if _is_accepted(scope):
                    messages = iter((start, message))
                    await self._compressing(scope, _giving(messages), send)
                    return
                MutableHeaders(raw=headers).add_vary_header("Accept-Encoding")
            if start is not None:
                await send(start)
            await send(message)

        await self._app(scope, receive, weigh)


def _is_worth_it(start: Message, body: Message) -> bool:
    if body.get("more_body", False) or len(body.get("body", b"")) < WORTH_IT:
        return False
    for name, value in start.get("headers", ()):
        if name == b"content-encoding" or (name == b"vary" and ACCEPTED in value):
            return False
    return True


def accepts_gzip(accept_encoding: bytes) -> bool:
    return GZIP.search(accept_encoding) is not None


def _is_accepted(scope: Scope) -> bool:
    return any(
        name == b"accept-encoding" and accepts_gzip(value) for name, value in scope["headers"]
    )


def _giving(messages: Iterator[Message]) -> Receive:
    async def receive() -> Message:
        return next(messages)

    return receive


async def _passed_on(_: Scope, receive: Receive, send: Send) -> None:
    """What was answered: its beginning, and its body."""
    await send(await receive())
    await send(await receive())
