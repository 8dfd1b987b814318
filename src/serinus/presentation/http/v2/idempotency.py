"""`Idempotency-Key` on every POST: the same request twice has one effect and one answer.

draft-ietf-httpapi-idempotency-key-header, with unquoted keys taken as well.
"""

import re
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from serinus.application.identity.authentication import Authenticated
from serinus.application.identity.idempotency import (
    Answer,
    Claimed,
    IdempotencyKey,
    IdempotencyKeys,
    InProgress,
    Mismatch,
)
from serinus.application.identity.ports import Clock
from serinus.domain.errors import Unavailable
from serinus.presentation.http.asgi import answer, header
from serinus.presentation.http.origin import client_address
from serinus.presentation.http.v2.bodies import StrictRequest
from serinus.presentation.http.v2.refusals import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    MalformedHeader,
)

log = structlog.get_logger("serinus.http.v2")

_QUOTED = re.compile(
    rb'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"'
)  # RFC 8941, 3.3.3
_VISIBLE = re.compile(rb"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = frozenset({b"content-type", b"location", b"etag", b"cache-control"})
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotent:
    """Stands behind authentication, so that every caller has keys of their own."""

    app: ASGIApp
    keys: IdempotencyKeys
    now: Clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = cast("dict[str, Any]", scope)
        given = header(raw, b"idempotency-key") if raw.get("method") == "POST" else None
        if given is None:
            await self.app(scope, receive, send)
            return
        key = IdempotencyKey(_principal(raw), key_of(given))
        # The handler's request finds the body in the scope and does not receive it again.
        body = await StrictRequest(scope, receive=receive, send=send).body()
        match await self.keys.claim(key, _identity(raw, body), at=self.now()):
            case Claimed() as claimed:
                await self._first(key, claimed, (scope, receive, send))
            case Answer() as known:
                await _replay(known, send)
            case InProgress():
                raise IdempotencyInProgress
            case Mismatch():
                raise IdempotencyKeyReused

    async def _first(
        self, key: IdempotencyKey, claimed: Claimed, call: tuple[Scope, Receive, Send]
    ) -> None:
        scope, receive, send = call
        recording = _Recording()
        try:
            await self.app(scope, receive, recording.note)
        finally:
            # Kept before it is sent: a client that has the answer can rely on the replay.
            await self._conclude(key, claimed, recording)
        for message in recording.messages:
            await send(message)

    async def _conclude(
        self, key: IdempotencyKey, claimed: Claimed, recording: "_Recording"
    ) -> None:
        try:
            if recording.worth_keeping:
                await self.keys.settle(key, claimed, recording.answer)
            else:
                await self.keys.release(key, claimed)
        except Unavailable:
            # What was done is done: a client told otherwise would send it again, in vain.
            log.warning("an answer could not be kept for its idempotency key")


@dataclass(slots=True)
class _Recording:
    messages: list[Message] = field(default_factory=list)

    async def note(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def worth_keeping(self) -> bool:
        """What would come out otherwise another time is not an answer to keep."""
        if not self.messages or self.messages[-1].get("more_body"):
            return False
        status = cast("int", self.messages[0].get("status", 500))
        return status < 500 and status != _TOO_MANY_REQUESTS

    @property
    def answer(self) -> Answer:
        start = cast("dict[str, Any]", self.messages[0])
        kept = {
            name.lower().decode("latin-1"): value.decode("latin-1")
            for name, value in start["headers"]
            if name.lower() in _KEPT_HEADERS
        }
        body = b"".join(cast("bytes", m.get("body", b"")) for m in self.messages[1:])
        return Answer(start["status"], kept, body)


def key_of(value: bytes) -> str:
    """The key in a header value. Raise `MalformedHeader`."""
    value = value.strip()
    if quoted := _QUOTED.fullmatch(value):
        return re.sub(rb"\\(.)", rb"\1", quoted[1]).decode()
    if not value.startswith(b'"') and _VISIBLE.fullmatch(value):
        return value.decode()
    raise MalformedHeader(
        "Idempotency-Key is a string of 1 to 255 visible ASCII characters",
        parameter="Idempotency-Key",
    )


def _principal(scope: dict[str, Any]) -> str:
    known: Authenticated | None = scope["user"]
    if known is None:
        return f"address:{client_address(scope)}"
    # A key may do less than its owner: it must not be given what they were answered, nor they
    # what it was refused.
    return f"api-key:{known.key_id}" if known.key_id else f"user:{known.caller.id}"


def _identity(scope: dict[str, Any], body: bytes) -> bytes:
    """What makes two requests the same. Method and path hold no NUL, so this is one to one."""
    path: bytes = scope["path"].encode()
    return b"\0".join([scope["method"].encode(), path, scope.get("query_string", b""), body])


async def _replay(known: Answer, send: Send) -> None:
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in known.headers.items()]
    headers.append((b"idempotency-replayed", b"true"))
    await answer(cast("Any", send), known.status, headers, known.body)
