"""ASGI lifespans: of applications inside this one, and of one that is put together at start."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import structlog

from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send

log = structlog.get_logger("serinus")


class LifespanFailed(Exception):
    """An inner application could not start."""


@asynccontextmanager
async def running(app: App) -> AsyncIterator[None]:
    """Start `app`, and shut it down at the end. Raise `LifespanFailed`."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    outgoing: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}

    async def run() -> None:
        try:
            await app(scope, incoming.get, outgoing.put)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the lifespan
            await outgoing.put({"type": "failed", "message": repr(error)})

    task = asyncio.create_task(run())
    await _step("startup", incoming, outgoing)
    try:
        yield
    finally:
        await _step("shutdown", incoming, outgoing)
        await task


async def _step(
    step: str, incoming: asyncio.Queue[Message], outgoing: asyncio.Queue[Message]
) -> None:
    await incoming.put({"type": f"lifespan.{step}"})
    message = await outgoing.get()
    if message["type"] != f"lifespan.{step}.complete":
        raise LifespanFailed(f"{step}: {message.get('message') or message['type']}")


class Deferred:
    """An application that exists from start-up to shutdown only.

    What it needs (pools, listeners) wants a running loop: `opening` makes it and cleans up.
    """

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[App]]) -> None:
        self._opening = opening
        self._app: App | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is None:
            raise LifespanFailed("this application needs a server that runs ASGI lifespans")
        else:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            await receive()
            try:
                self._app = await stack.enter_async_context(self._opening())
            except Exception as error:  # noqa: BLE001 - the server says it and exits
                message = str(error) or type(error).__name__
                await send({"type": "lifespan.startup.failed", "message": message})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
            try:
                await stack.aclose()
            except Exception as error:
                log.exception("shutting down failed")
                await send({"type": "lifespan.shutdown.failed", "message": str(error)})
                return
        await send({"type": "lifespan.shutdown.complete"})
