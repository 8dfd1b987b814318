"""/api/release/watch: the status at each look, as server-sent events (the HTML standard, 9.2).

One look serves all who watch in a worker. A stream ends by itself after a while, and clients
come back by themselves (`EventSource` does): so credentials are looked at again, and a server
that shuts down waits for nobody for long. Each event is a whole status, so none is missed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import msgspec
from litestar import Response, get
from litestar.response import Stream

from serinus.application.release.steering import Steering
from serinus.domain.errors import TooMany, Unavailable
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.release.asking import AnyRequest, Here, may_look
from serinus.presentation.http.release.status_shapes import StatusView
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.strict_paths import is_head

EVERY = 1.0  # seconds between two looks
LASTS = 10.0  # seconds
MOST = 20  # watchers of one worker
BACK_IN = 5  # seconds, where there are too many

MEDIA_TYPE = "text/event-stream"
COME_BACK = b"retry: 1000\n\n"
AWAY = b"event: away\ndata: null\n\n"

Mailbox = asyncio.Queue[bytes | None]


class Watch:
    """`look` gives a status as JSON, on one line. Raise `Unavailable` where there is none."""

    def __init__(
        self,
        look: Callable[[], Awaitable[bytes]],
        *,
        every: float = EVERY,
        lasts: float = LASTS,
        most: int = MOST,
    ) -> None:
        self._look, self._every, self._lasts, self._most = look, every, lasts, most
        self._mailboxes: set[Mailbox] = set()
        self._looking: asyncio.Task[None] | None = None

    @property
    def looks_on(self) -> bool:
        return self._looking is not None and not self._looking.done()

    def events(self) -> AsyncIterator[bytes]:
        """Raise `TooMany`."""
        if len(self._mailboxes) >= self._most:
            raise TooMany(BACK_IN)
        return self._events()

    async def close(self) -> None:
        """Nobody watches any more."""
        for mailbox in self._mailboxes:
            _put(mailbox, None)
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _events(self) -> AsyncIterator[bytes]:
        mailbox: Mailbox = asyncio.Queue(1)
        self._mailboxes.add(mailbox)
        try:
            if not self.looks_on:
                self._looking = asyncio.create_task(self._go_on_looking())
            yield COME_BACK
            loop = asyncio.get_running_loop()
            ends = loop.time() + self._lasts
            with suppress(TimeoutError):
                while (left := ends - loop.time()) > 0:
                    event = await asyncio.wait_for(mailbox.get(), left)
                    if event is None:
                        return
                    yield event
        finally:
            self._mailboxes.discard(mailbox)

    async def _go_on_looking(self) -> None:
        while self._mailboxes:
            try:
                event = b"event: status\ndata: " + await self._look() + b"\n\n"
            except Unavailable:
                event = AWAY
            for mailbox in self._mailboxes:
                _put(mailbox, event)
            await asyncio.sleep(self._every)


def _put(mailbox: Mailbox, event: bytes | None) -> None:
    """Who reads slowly is given the newest."""
    if mailbox.full():
        mailbox.get_nowait()
    mailbox.put_nowait(event)


def looking(steering: Steering, here: Here) -> Callable[[], Awaitable[bytes]]:
    async def look() -> bytes:
        return msgspec.json.encode(StatusView.of(await steering.status(), here()))

    return look


# Of streams an OpenAPI document says little; what it is stands with the status.
@get("/watch", include_in_schema=False)
async def watch_status(
    request: AnyRequest, caller: Given[Caller], watch: Given[Watch]
) -> Response[bytes] | Stream:
    """The status once a second, for some seconds: come back then."""
    may_look(caller, request)
    if is_head(request.scope):
        return Response(b"", media_type=MEDIA_TYPE, headers=caching.private())
    return Stream(watch.events(), media_type=MEDIA_TYPE, headers=caching.private())


HANDLERS = [watch_status]
