"""The outermost layer: what every request is given, and every answer carries.

Into `scope["state"]` go `request_id` and `client_address`. An exception that reached this far
becomes a bare 500: each contract turns its own failures into its own form before that.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from serinus.presentation.http.asgi import (
    App,
    Header,
    Message,
    Receive,
    Scope,
    Send,
    adding,
    answer,
    header,
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SANE_ID = re.compile(rb"[\w.~+/=:@-]{1,128}", re.ASCII)

# OWASP's recommended set for an API. Pages (the documentation) bring a policy of their own.
SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
HSTS: Header = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

log = structlog.get_logger("serinus.http")


@dataclass(frozen=True, slots=True)
class RequestContext:
    app: App
    new_id: Callable[[], UUID]
    trusted_proxies: Sequence[Network] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = self._request_id(scope)
        address, tls = self._origin(scope)
        scope.setdefault("state", {})
        scope["state"] |= {"request_id": request_id, "client_address": address}
        extra = [*SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
        if tls:
            extra.append(HSTS)
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        sending = adding(send_noting, extra)
        try:
            await self.app(scope, receive, sending)
        except Exception:
            log.exception("request failed", request_id=request_id, path=scope["path"])
            if started:
                raise  # the server must cut the connection: half an answer is none
            await answer(
                sending, 500, [(b"content-type", b"text/plain")], b"Internal Server Error"
            )

    def _request_id(self, scope: Scope) -> str:
        given = header(scope, b"x-request-id")
        if given is not None and _SANE_ID.fullmatch(given):
            return given.decode()
        return str(self.new_id())

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


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
