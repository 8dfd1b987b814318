"""What is turned away before an engine sees it: too many requests, and too large ones.

The same layer stands before every engine, so that two engines of one contract cannot differ
in it. How a refusal looks is the contract's affair: it is handed in.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from serinus.application.identity.limits import Decision, RateLimiter
from serinus.presentation.http.asgi import (
    App,
    Header,
    Message,
    Receive,
    Scope,
    Send,
    carry,
)

MAX_BODY = 10 * 1024 * 1024  # bytes
WINDOW = 60  # seconds

#: Never limited: a load balancer asks from one address, and an answer must mean health.
UNLIMITED = frozenset(
    [
        "/health",
        "/healthz",
        "/readyz",
        "/api/v1/health",
        "/api/v1/health/liveness",
        "/api/v1/health/readiness",
        "/api/v2/healthz",
        "/api/v2/readyz",
    ]
)

#: Answers 413, or 429 with the seconds to wait, in the contract's own form.
Refuse = Callable[[Scope, Send, HTTPStatus, int], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """`limit`: requests a minute and address; 0 is off. `unlimited`: paths without one."""

    app: App
    limiter: RateLimiter
    limit: int
    refuse: Refuse
    unlimited: frozenset[str] = UNLIMITED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.limit and scope["path"] not in self.unlimited:
            key = f"requests:{scope['state']['client_address']}"
            decision = await self.limiter.hit(key, limit=self.limit, window=WINDOW)
            carry(scope, self._limit_headers(decision))
            if not decision.allowed:
                wait = max(1, decision.retry_after)
                await self.refuse(scope, send, HTTPStatus.TOO_MANY_REQUESTS, wait)
                return
        admitted = await _bounded(scope, receive)
        if admitted is None:
            await self.refuse(scope, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 0)
            return
        await self.app(scope, admitted, send)

    def _limit_headers(self, decision: Decision) -> tuple[Header, ...]:
        # draft-ietf-httpapi-ratelimit-headers
        return (
            (b"ratelimit-policy", b'"default";q=%d;w=%d' % (self.limit, WINDOW)),
            (b"ratelimit", b'"default";r=%d;t=%d' % (decision.remaining, decision.reset)),
        )


async def _bounded(scope: Scope, receive: Receive) -> Receive | None:
    """A `receive` that cannot give more than `MAX_BODY`; None when there is more.

    A declared length is believed: the server cuts a body that exceeds it. A chunked body is
    read here, since its size shows only at the end.
    """
    declared, chunked = _announced(scope)
    if declared is not None:
        return receive if declared.isdigit() and int(declared) <= MAX_BODY else None
    if not chunked:
        return receive
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return receive
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
        if size > MAX_BODY:
            return None
    return _replaying(b"".join(chunks), receive)


def _announced(scope: Scope) -> tuple[bytes | None, bool]:
    """`Content-Length`, and whether the body comes in chunks. One look at the headers for
    both: every request pays for it.
    """
    declared, chunked = None, False
    for name, value in scope["headers"]:
        if name == b"content-length":
            declared = bytes(value)
        elif name == b"transfer-encoding":
            chunked = True
    return declared, chunked


def _replaying(body: bytes, receive: Receive) -> Receive:
    first = True

    async def replay() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay
