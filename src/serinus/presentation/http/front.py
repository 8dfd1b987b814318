"""The way in: contract v1 goes to the switch, everything else to engine v2."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog

from serinus.presentation.http.asgi import App, Receive, Scope, Send, adding
from serinus.presentation.http.generation_switch import InForce, served_by

log = structlog.get_logger("serinus")

V1, V2 = "/api/v1", "/api/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`v2` also serves what belongs to no contract: health at the root, the documentation.

    `lifetime` opens and closes everything behind this application.
    """

    v1: App
    v2: App
    v2_disabled: App | None
    in_force: InForce
    lifetime: Callable[[], AbstractAsyncContextManager[None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # The switch stamps its own answers; `adding` leaves those as they are.
            stamp = served_by(b"v2", self.in_force.routing.epoch)
            await self._route(scope)(scope, receive, adding(send, stamp))
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:  # there is no WebSocket endpoint
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    def _route(self, scope: Scope) -> App:
        path: str = scope["path"]
        if path == V1 or path.startswith(f"{V1}/"):
            return self.v1
        if self.v2_disabled and (path == V2 or path.startswith(f"{V2}/")):
            return self.v2_disabled
        return self.v2

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        lifetime = self.lifetime()
        try:
            await lifetime.__aenter__()
        except Exception as error:  # noqa: BLE001 - the server reports it and exits
            message = f"{type(error).__name__}: {error}"
            await send({"type": "lifespan.startup.failed", "message": message})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        try:
            await lifetime.__aexit__(None, None, None)
        except Exception as error:
            log.exception("shutting down failed")
            await send({"type": "lifespan.shutdown.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})
