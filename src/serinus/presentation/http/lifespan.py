"""Runs the ASGI lifespan of an application that lives inside another one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from serinus.presentation.http.asgi import App, Message


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
