"""Writes are tried on the candidate first, in a transaction that is undone, then stable writes.

So the candidate starts from what stable will start from, and holds no lock any more when stable
begins. The client waits for both: this is for staging. Compared are the answers, and what each
has written as the audit log tells it. A write cannot be done twice to see whether stable agrees
with itself: what others write in between may show as a difference.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from time import perf_counter
from types import MappingProxyType
from typing import Final
from uuid import UUID

import structlog

from serinus.application.release.comparison_counters import (
    ComparisonCounters,
    Outcome,
    Place,
)
from serinus.application.release.trials import Trials
from serinus.domain.errors import Unavailable
from serinus.domain.release.comparison import (
    MOST,
    Answer,
    Difference,
    differences,
    value_differences,
)
from serinus.domain.release.evidence import POOLED_ROUTE
from serinus.domain.release.rows_written import Entry, comparable
from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send
from serinus.presentation.http.evidence import Attempt
from serinus.presentation.http.recording import Recording

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MOST_BYTES = 1024 * 1024  # of a request, and of an answer

#: Routes of which a trial would prove nothing, or do something that cannot be undone.
NOT_TRIED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "/api/v1/auth/register": "it opens a session, and hashes a password",
        "/api/v1/auth/login": "it opens a session, and may hash a password anew",
        "/api/v1/auth/refresh": "tokens are spent by it, and which ones is decided once",
        "/api/v1/auth/logout": "it ends a session",
        "/api/v1/search/reindex": "it works on after its answer",
    }
)

log = structlog.get_logger("serinus.release")


@dataclass(frozen=True, slots=True)
class Tried:
    """`answer`: None where the candidate failed without one. `at`: by the store's clock."""

    answer: Answer | None
    rows: Sequence[Entry]
    at: datetime


@dataclass(slots=True)
class ShadowWrites:
    """`candidate` writes to the trial that it is called in. `patience`: seconds it may take."""

    candidate: App
    counters: ComparisonCounters
    trials: Trials
    new_id: Callable[[], UUID]
    patience: float
    _in_flight: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    async def __call__(self, stable: App, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever becomes of the trial, stable answers."""
        attempt: Attempt = scope["state"]["attempt"]
        assert attempt.routing.release_id is not None  # noqa: S101 - only a release is watched
        route, request_id = scope["state"].get("route"), scope["state"]["request_id"]
        place = (attempt.routing.release_id, f"{scope['method']} {route or POOLED_ROUTE}")
        if route in NOT_TRIED:
            self.counters.cannot(place, NOT_TRIED[route])
            await stable(scope, receive, send)
        elif request_id in self._in_flight:  # whose rows are whose could not be told
            self.counters.add(place, Outcome.SKIPPED)
            await stable(scope, receive, send)
        else:
            self._in_flight.add(request_id)
            try:
                await self._both(place, stable, scope, receive, send)
            finally:
                self._in_flight.discard(request_id)

    async def _both(
        self, place: Place, stable: App, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body, receive = await _taken(receive)
        tried = None if body is None else await self._try(scope, body)
        recording, attempt = Recording(send, MOST_BYTES), scope["state"]["attempt"]
        request_id, began = scope["state"]["request_id"], perf_counter()
        failed = False
        try:
            await stable(scope, receive, recording)
        except Exception:
            failed = True
            raise
        finally:
            # What the trial took is no evidence against stable.
            attempt.seconds = perf_counter() - began
            if failed or recording.ended:
                await self._compare(place, tried, recording, request_id)

    async def _try(self, scope: Scope, body: bytes) -> Tried | None:
        """None where it says nothing."""
        state = scope["state"]
        name = str(self.new_id())  # by which its rows are found, and nobody else's
        known = {"request_id": name, "client_address": state["client_address"]}
        asked = {**scope, "state": {**known, "tls": state["tls"]}}
        recording = Recording(None, MOST_BYTES)
        try:
            async with asyncio.timeout(2 * self.patience), self.trials.undone() as trial:
                await self._ask(asked, body, recording)
                rows = await trial.written(name)
            await asyncio.sleep(0)  # until then it is known
        except Exception as error:  # noqa: BLE001 - whatever it is, stable has to answer
            self._tell(error, "a write could not be tried")
            return None
        if trial.crowded or recording.too_long:
            return None
        return Tried(recording.answer(), rows, trial.began)

    async def _ask(self, scope: Scope, body: bytes, recording: Recording) -> None:
        try:
            async with asyncio.timeout(self.patience):
                await self.candidate(scope, _replaying(body), recording)
        except Exception as error:  # noqa: BLE001 - it is counted, and told once a kind
            self._tell(error, "the candidate failed a write that was tried")

    async def _compare(
        self, place: Place, tried: Tried | None, recording: Recording, request_id: str
    ) -> None:
        """The client has its answer."""
        stable = recording.answer()
        if tried is None or (stable is None and recording.ended):
            self.counters.add(place, Outcome.SKIPPED)
            return
        match stable is None or stable.failed, tried.answer is None or tried.answer.failed:
            case True, True:
                self.counters.add(place, Outcome.SHARED)
            case True, False:
                self.counters.add(place, Outcome.BETTER)
            case False, True:
                self.counters.add(place, Outcome.WORSE)
            case _:
                await self._weigh(place, tried, stable, request_id)

    async def _weigh(
        self, place: Place, tried: Tried, stable: Answer | None, request_id: str
    ) -> None:
        assert stable is not None  # noqa: S101 - it has not failed
        assert tried.answer is not None  # noqa: S101 - nor has this
        try:
            rows = await self.trials.written(request_id, tried.at)
        except (Unavailable, OSError):
            self.counters.add(place, Outcome.SKIPPED)
            return
        found = differences(stable, tried.answer, written=True)
        ours, theirs = (comparable(each, tried.at) for each in (rows, tried.rows))
        told = _by_place([*found, *value_differences("rows", ours, theirs)])
        self.counters.add(place, Outcome.DIFFERING if told else Outcome.EQUAL, told)

    def _tell(self, error: Exception, event: str) -> None:
        kind = type(error).__name__
        if kind not in self._told:
            self._told.add(kind)
            log.warning(event, exc_info=error)


def _by_place(found: Sequence[Difference]) -> list[Difference]:
    return list({each.path: each for each in reversed(found)}.values())[::-1][:MOST]


async def _taken(receive: Receive) -> tuple[bytes | None, Receive]:
    """The body, and a `receive` that gives it once more; None where it is too long, or the
    client went away.
    """
    messages: list[Message] = []
    size, more = 0, True
    while more and size <= MOST_BYTES:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        more = messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False)
    whole = messages[-1]["type"] == "http.request" and not more and size <= MOST_BYTES
    body = b"".join(each.get("body", b"") for each in messages) if whole else None
    given = iter(messages)

    async def again() -> Message:
        for message in given:
            return message
        return await receive()

    return body, again


def _replaying(body: bytes) -> Receive:
    given = chain([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        for message in given:
            return message
        await asyncio.Event().wait()
        raise AssertionError  # it waits for ever

    return receive
