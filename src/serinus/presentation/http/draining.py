"""Before a server ends it is left alone: balancers are told, clients let go.

A balancer notices only at its next look that a server has gone, and sends it requests until
then; a client may be about to write on a connection that is just being closed. So a server that
is to end says for a while that it is not ready, closes each connection with the answer it
gives there, and goes on answering.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from serinus.presentation.http.asgi import App, Header, Receive, Scope, Send, carry

# RFC 9112, section 9.6. HTTP/2 has no such header: its servers say GOAWAY.
CLOSE: tuple[Header, ...] = ((b"connection", b"close"),)
KNOW_CLOSE = frozenset({"1.0", "1.1"})

NotReady = Callable[[Scope, Send], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Draining:
    """`not_ready`: what is answered, by path, to who asks whether to send traffic here."""

    app: App
    not_ready: Mapping[str, NotReady]
    begun: bool = False

    def begin(self) -> None:
        self.begun = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.begun or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["http_version"] in KNOW_CLOSE:
            carry(scope, CLOSE)
        if say_so := self.not_ready.get(scope["path"]):
            await say_so(scope, send)
        else:
            await self.app(scope, receive, send)
