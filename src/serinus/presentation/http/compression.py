"""Compression of answers that are worth it, by `Accept-Encoding`."""

from typing import cast

from starlette.middleware.gzip import GZipMiddleware

from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send

WORTH_IT = 1024  # bytes


class Compression:
    """Starlette's middleware, of which small answers are spared: it costs each of them more
    than the switch does.

    An answer that comes in pieces goes out as it is; no operation here has one.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: Message | None = None

        async def weigh(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                held = message
                return
            start, held = held, None
            if start is None:
                await send(message)
            elif message.get("more_body", False) or len(message.get("body", b"")) < WORTH_IT:
                await send(start)
                await send(message)
            else:
                await _compressed(start, message)(scope, receive, send)

        await self._app(scope, receive, weigh)


def _compressed(start: Message, body: Message) -> App:
    async def replay(_: Scope, _receive: Receive, send: Send) -> None:
        await send({**start, "headers": list(start.get("headers", ()))})
        await send({**body})

    return cast("App", GZipMiddleware(cast("App", replay), minimum_size=WORTH_IT))
