"""The way in: contract v1 goes to the switch, everything else to engine v2."""

from dataclasses import dataclass

from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.generation_switch import InForce

V1, V2 = "/api/v1", "/api/v2"
RELEASE = "/api/release"
DOCUMENTATION = b"/api/docs"
METRICS = frozenset({"/metrics", f"{V1}/metrics"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`v2` also serves what belongs to no contract: health at the root, the documentation.

    `release` is served whichever of the contracts is.
    """

    v1: App
    v2: App
    v2_disabled: App | None
    metrics: App
    release: App
    in_force: InForce

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # The switch notes otherwise for what it sends to engine v1.
            scope["state"] |= {"engine": "v2", "epoch": self.in_force.routing.epoch}
            await self._route(scope["path"])(scope, receive, send)
        else:  # there is no WebSocket endpoint
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    def _route(self, path: str) -> App:
        if path == "/":
            return to_documentation
        if path in METRICS:
            return self.metrics
        if path == V1 or path.startswith(f"{V1}/"):
            return self.v1
        if path == RELEASE or path.startswith(f"{RELEASE}/"):
            return self.release
        if self.v2_disabled and (path == V2 or path.startswith(f"{V2}/")):
            return self.v2_disabled
        return self.v2


async def to_documentation(_: Scope, _receive: Receive, send: Send) -> None:
    """Who opens the bare address in a browser wants to know what is here."""
    await answer(send, 307, [(b"location", DOCUMENTATION)], b"")
