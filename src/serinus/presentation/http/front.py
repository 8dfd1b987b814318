"""The way in: contract v1 goes to the switch, everything else to engine v2."""

from dataclasses import dataclass

from serinus.presentation.http.asgi import App, Receive, Scope, Send, adding, answer
from serinus.presentation.http.generation_switch import InForce, served_by

V1, V2 = "/api/v1", "/api/v2"
DOCUMENTATION = b"/api/docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`v2` also serves what belongs to no contract: health at the root, the documentation."""

    v1: App
    v2: App
    v2_disabled: App | None
    in_force: InForce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # The switch stamps its own answers; `adding` leaves those as they are.
            stamp = served_by(b"v2", self.in_force.routing.epoch)
            await self._route(scope)(scope, receive, adding(send, stamp))
        else:  # there is no WebSocket endpoint
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    def _route(self, scope: Scope) -> App:
        path: str = scope["path"]
        if path == "/":
            return to_documentation
        if path == V1 or path.startswith(f"{V1}/"):
            return self.v1
        if self.v2_disabled and (path == V2 or path.startswith(f"{V2}/")):
            return self.v2_disabled
        return self.v2


async def to_documentation(_: Scope, _receive: Receive, send: Send) -> None:
    """Who opens the bare address in a browser wants to know what is here."""
    await answer(send, 307, [(b"location", DOCUMENTATION)], b"")
