"""A read that the candidate fails is answered by stable before the client sees anything.

The start of a failed answer is held back, and the other arm is asked. A good answer passes
untouched, chunk by chunk. Reads alone (RFC 9110, section 9.2.1): a write is never sent twice.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from time import monotonic, perf_counter
from typing import Any

import structlog

from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send, carry, shown_path

SAFE = frozenset({"GET", "HEAD"})
HEADER = b"serinus-rescued"
SERVER_ERROR = 500

log = structlog.get_logger("serinus.release")


class Rescue(Enum):
    """How a read ended that the candidate failed."""

    RESCUED = auto()
    SHARED = auto()  # stable failed it, too, or took as long


@dataclass(slots=True)
class Ceiling:
    """So many in a second: a candidate that is down must not double what stable has to do."""

    per_second: int
    _second: int = -1
    _taken: int = 0

    def take(self) -> bool:
        second = int(monotonic())
        if second != self._second:
            self._second, self._taken = second, 0
        self._taken += 1
        return self._taken <= self.per_second


@dataclass(slots=True)
class Rescuer:
    """`stable` without what limits clients: they have been counted. `patience`: seconds until
    the candidate's answer has to begin.
    """

    stable: App
    patience: float
    ceiling: Ceiling
    told: set[str] = field(default_factory=set)

    async def __call__(
        self, candidate: App, scope: Scope, receive: Receive, send: Send
    ) -> tuple[Rescue, float] | None:
        """With the seconds that the candidate took. None where its answer stands."""
        began = perf_counter()
        scope_before, state_before = dict(scope), _copied(scope["state"])
        held = _HeldBack(send, self.ceiling.take)
        try:
            async with asyncio.timeout(self.patience) as limit:
                held.begun = lambda: limit.reschedule(None)
                await candidate(scope, receive, held)
        except Exception as error:
            if held.passed or (not held.failed and not self.ceiling.take()):
                raise
            held.failed = True
            if type(error).__name__ not in self.told:  # once a kind: it may be every request
                self.told.add(type(error).__name__)
                log.exception("the candidate failed", path=shown_path(scope))
        if held.passed or not held.failed:
            return None
        seconds = perf_counter() - began
        # Whatever the candidate noted in them is not true of stable's answer.
        scope.clear()
        scope.update(scope_before)
        state = scope["state"]
        state.clear()
        state.update(state_before)
        state["engine"] = "v1"
        carry(scope, [(HEADER, b"v2")])
        watched = _Watched(send)
        await self.stable(scope, _after_the_body(receive), watched)
        return watched.rescue(self.patience), seconds


def _copied(state: dict[str, Any]) -> dict[str, Any]:
    copied = dict(state)
    if "carried" in copied:
        copied["carried"] = list(copied["carried"])
    return copied


class _HeldBack:
    """Lets an answer through unless it begins with a failure that may be held back."""

    __slots__ = ("_may_hold", "_send", "begun", "failed", "passed")

    def __init__(self, send: Send, may_hold: Callable[[], bool]) -> None:
        self._send, self._may_hold = send, may_hold
        self.begun: Callable[[], None] = lambda: None
        self.failed = self.passed = False

    async def __call__(self, message: Message) -> None:
        if self.failed:
            return
        if not self.passed and message["type"] == "http.response.start":
            self.begun()
            if message["status"] >= SERVER_ERROR and self._may_hold():
                self.failed = True
                return
            self.passed = True
        await self._send(message)


class _Watched:
    __slots__ = ("_began", "_failed", "_seconds", "_send")

    def __init__(self, send: Send) -> None:
        self._send, self._began = send, perf_counter()
        self._failed, self._seconds = True, 0.0  # of no answer at all

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._failed = message["status"] >= SERVER_ERROR
            self._seconds = perf_counter() - self._began
        await self._send(message)

    def rescue(self, patience: float) -> Rescue:
        """An answer for which the candidate was not waited for is a failure, too."""
        return Rescue.SHARED if self._failed or self._seconds > patience else Rescue.RESCUED


def _after_the_body(receive: Receive) -> Receive:
    """A read has no body, or the first arm has taken it: what comes then is the farewell."""
    ended = False

    async def next_message() -> Message:
        nonlocal ended
        if ended:
            return await receive()
        ended = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return next_message
