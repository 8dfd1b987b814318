"""The outermost layer: what every request is given, and every answer carries.

Into `scope["state"]` go `request_id`, `client_address` and, by `perf_counter`, when the answer
began: `answered`. An exception that reached this far
becomes a bare 500: each contract turns its own failures into its own form before that. When all
is done, observers are told how it went.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import quote_from_bytes

import structlog

from serinus.presentation.http.asgi import (
    App,
    Header,
    Message,
    Receive,
    Scope,
    Send,
    answer,
    header,
    shown_path,
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: What is told of every request: its scope, the status (None when the client went away before
#: there was one), the bytes of the body sent, and the seconds it took.
Observe = Callable[[Scope, int | None, int, float], None]

_SANE_ID = re.compile(rb"[\w.~+/=:@-]{1,128}", re.ASCII)

# OWASP's recommended set for an API. Pages (the documentation) bring a policy of their own.
SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
HSTS: Header = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

ASCII = bytes(range(128))

log = structlog.get_logger("serinus.http")


@dataclass(slots=True)
class RequestContext:
    """`new_id`: a unique text for a request that brings no id of its own."""

    app: App
    new_id: Callable[[], str]
    trusted_proxies: Sequence[Network] = ()
    observers: Sequence[Observe] = ()
    in_flight: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        state = scope.setdefault("state", {})
        state["request_id"] = self._request_id(scope)
        state["client_address"], state["tls"] = self._origin(scope)
        query: bytes = scope["query_string"]
        if not query.isascii():
            # Typed as one reads it: UTF-8 (RFC 3987, section 3.1), not Latin-1.
            scope["query_string"] = quote_from_bytes(query, ASCII).encode()
        outgoing = Outgoing(send, state)
        self.in_flight += 1
        try:
            await self._answered(scope, receive, outgoing)
        finally:
            self.in_flight -= 1
            self._account_for(scope, outgoing, perf_counter() - began)

    def _account_for(self, scope: Scope, outgoing: "Outgoing", seconds: float) -> None:
        for observe in self.observers:
            try:
                observe(scope, outgoing.status, outgoing.size, seconds)
            except OSError:  # a full disk, a log that nobody reads any more: requests go on
                continue

    async def _answered(self, scope: Scope, receive: Receive, outgoing: "Outgoing") -> None:
        try:
            await self.app(scope, receive, outgoing)
        except Exception:
            request_id = scope["state"]["request_id"]
            log.exception("request failed", request_id=request_id, path=shown_path(scope))
            if outgoing.status is not None:
                raise  # the server must cut the connection: half an answer is none
            plain = [(b"content-type", b"text/plain")]
            await answer(outgoing, 500, plain, b"Internal Server Error")

    def _request_id(self, scope: Scope) -> str:
        given = header(scope, b"x-request-id")
        if given is not None and _SANE_ID.fullmatch(given):
            return given.decode()
        return self.new_id()

    def _origin(self, scope: Scope) -> tuple[str, bool]:
        """The client's address and whether it came by TLS, as trusted proxies tell it."""
        client = scope.get("client")
        peer = client[0] if client else ""
        tls = scope.get("scheme") == "https"
        if not self.trusted_proxies or not self._trusted(peer):
            return peer, tls
        proto = header(scope, b"x-forwarded-proto")
        tls = proto.strip().lower() == b"https" if proto else tls
        forwarded = b",".join(v for k, v in scope["headers"] if k == b"x-forwarded-for")
        # Each proxy appends whom it saw: the first untrusted address from the right is the
        # client; anything further left is hearsay.
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            if not _is_address(hop.strip()):
                break
            peer = hop.strip()
            if not self._trusted(peer):
                break
        return peer, tls

    def _trusted(self, address: str) -> bool:
        return _is_address(address) and any(
            ipaddress.ip_address(address) in network for network in self.trusted_proxies
        )


class Outgoing:
    """The `send` of one request: adds what answers carry, and notes what went out."""

    __slots__ = ("_send", "_state", "size", "status")

    def __init__(self, send: Send, state: dict[str, object]) -> None:
        self._send = send
        self._state = state
        self.status: int | None = None
        self.size = 0  # bytes of the body

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._state["answered"] = perf_counter()
            given = message.get("headers", ())
            present = {name for name, _ in given}
            more = [pair for pair in self._carried() if pair[0] not in present]
            message = {**message, "headers": [*given, *more]}
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)

    def _carried(self) -> list[Header]:
        state = self._state
        headers = [*SECURITY_HEADERS, (b"x-request-id", str(state["request_id"]).encode())]
        if "engine" in state:
            headers.append((b"serinus-engine", str(state["engine"]).encode()))
            headers.append((b"serinus-epoch", str(state["epoch"]).encode()))
        if state["tls"]:
            headers.append(HSTS)
        carried = state.get("carried")
        return headers + carried if isinstance(carried, list) else headers


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
