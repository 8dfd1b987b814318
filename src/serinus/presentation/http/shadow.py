"""Reads that stable has answered are asked of the candidate, too, and the answers compared.

All of it after the client has its answer, by a few tasks of its own, on a database that the
candidate cannot change. What is too much at once is not compared, and counted as skipped.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

import structlog

from serinus.application.release.comparison_counters import (
    ComparisonCounters,
    Outcome,
    Place,
)
from serinus.application.release.doubt import Doubt
from serinus.domain.release.assignment import Arm
from serinus.domain.release.comparison import Answer, differences
from serinus.domain.release.evidence import POOLED_ROUTE
from serinus.domain.release.sampling import is_sampled
from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send
from serinus.presentation.http.evidence import Attempt
from serinus.presentation.http.recording import Recording
from serinus.presentation.http.shadow_writes import WRITES as WRITING
from serinus.presentation.http.shadow_writes import ShadowWrites
from serinus.presentation.http.waiting import Read, Waiting

CONCURRENCY = 2  # reads that are asked at a time
MOST_WAITING = 256  # reads
LONGEST_WAIT = 5.0  # seconds: what was true then may not be any more
MOST_BYTES = 1024 * 1024  # of an answer
MOST_BYTES_WAITING = 16 * 1024 * 1024  # of all that wait
PATIENCE = 5.0  # seconds that an arm may take
#: Times as long as a pair took a task rests before the next one, and seconds at most: together
#: they have a third of the worker's time, however cheap the reads are, and clients the rest.
REST, LONGEST_REST = 5, 0.5

WRITES = "it writes"

log = structlog.get_logger("serinus.release")


class Tries(Protocol):
    """Whether something tried to write where it cannot, and whether it had no connection: that
    says nothing of the candidate, whose own ones are others.
    """

    @property
    def wrote(self) -> bool: ...

    @property
    def unserved(self) -> bool: ...


@dataclass(slots=True)
class Shadow:
    """`stable` and `candidate` without what limits or counts clients; `watched`: sees what the
    candidate tries meanwhile.
    """

    stable: App
    candidate: App
    counters: ComparisonCounters
    watched: Callable[[], AbstractContextManager[Tries]]
    patience: float = PATIENCE
    most_waiting: int = MOST_WAITING
    longest_wait: float = LONGEST_WAIT
    _waiting: Waiting = field(init=False)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._waiting = Waiting(self.most_waiting, MOST_BYTES_WAITING)

    def offer(self, read: Read) -> None:
        """Never waits."""
        if left_out := self._waiting.offer(read):
            self.counters.add(left_out.place, Outcome.SKIPPED)

    async def go_on(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONCURRENCY):
                tasks.create_task(self._take())

    async def settled(self) -> None:
        """When all that was offered has been compared."""
        await self._waiting.all_done()

    async def _take(self) -> None:
        while True:
            read = await self._waiting.take()
            began = monotonic()
            try:
                await self._compare(read)
            except Exception as error:  # noqa: BLE001 - the next one has to be compared, too
                self.counters.add(read.place, Outcome.SKIPPED)
                self._tell(error, "comparing failed")
            finally:
                self._waiting.done()
            await asyncio.sleep(min(LONGEST_REST, REST * (monotonic() - began)))

    async def _compare(self, read: Read) -> None:
        if monotonic() - read.at > self.longest_wait:
            self.counters.add(read.place, Outcome.SKIPPED)
            return
        with self.watched() as tries:
            asked = await self._ask(self.candidate, read)
            await asyncio.sleep(0)  # until then it is known
        if tries.wrote:
            self.counters.cannot(read.place, WRITES)
        elif tries.unserved or asked.too_long:
            self.counters.add(read.place, Outcome.SKIPPED)
        else:
            await self._judge(read, asked.answer())

    async def _judge(self, read: Read, candidate: Answer | None) -> None:
        """That an arm failed is counted as it was seen: asking one of them again would be to
        its favour. What differs else is so only if stable says the same a second time.
        """
        stable = read.stable.answer() if read.stable else None
        match _failed(stable), _failed(candidate):
            case True, True:
                self.counters.add(read.place, Outcome.SHARED)
            case True, False:
                self.counters.add(read.place, Outcome.BETTER)
            case False, True:
                self.counters.add(read.place, Outcome.WORSE)
            case _:
                assert stable is not None  # noqa: S101 - it has not failed
                assert candidate is not None  # noqa: S101 - nor has this
                await self._weigh(read, stable, candidate)

    async def _weigh(self, read: Read, stable: Answer, candidate: Answer) -> None:
        found = differences(stable, candidate)
        if not found:
            self.counters.add(read.place, Outcome.EQUAL)
            return
        again = (await self._ask(self.stable, read)).answer()
        if again is None or differences(stable, again):
            self.counters.add(read.place, Outcome.NOISE)
        else:
            self.counters.add(read.place, Outcome.DIFFERING, found)

    async def _ask(self, app: App, read: Read) -> Recording:
        """Whatever becomes of it: no answer at all is one that failed."""
        recording = Recording(None, MOST_BYTES)
        scope = {**read.scope, "state": dict(read.scope["state"])}
        try:
            async with asyncio.timeout(self.patience):
                await app(scope, _nothing_more(), recording)
        except Exception as error:  # noqa: BLE001 - it is counted, and told once a kind
            self._tell(error, "an arm failed what it was asked for comparing")
        return recording

    def _tell(self, error: Exception, event: str) -> None:
        kind = type(error).__name__
        if kind not in self._told:
            self._told.add(kind)
            log.warning(event, exc_info=error)


@dataclass(frozen=True, slots=True)
class Shadowed:
    """Stable, of whose answers some are offered to the shadow: those that count as evidence, so
    none that somebody chose an arm for, and in a drill those of who takes part. `doubt`: of
    this worker. `writes`: None where they are not compared.
    """

    app: App
    shadow: Shadow
    doubt: Doubt
    writes: ShadowWrites | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        attempt: Attempt | None = scope["state"].get("attempt")
        if attempt is None or attempt.arm is not Arm.STABLE:
            await self.app(scope, receive, send)
        elif scope["method"] == "GET" and self._is_compared(attempt, scope):
            await self._read(attempt, scope, receive, send)
        elif self.writes and _is_tried(attempt, scope):
            await self.writes(self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_compared(self, attempt: Attempt, scope: Scope) -> bool:
        if _is_sampled(attempt, scope):
            return True
        return attempt.routing.shadow > 0 and self.doubt.takes()

    async def _read(self, attempt: Attempt, scope: Scope, receive: Receive, send: Send) -> None:
        kept, recording = _as_it_came(scope), Recording(send, MOST_BYTES)
        began = monotonic()
        try:
            await self.app(scope, receive, recording)
        except Exception:
            self._offer(attempt, kept, None)
            raise
        if recording.too_long:
            self.shadow.counters.add(_place(attempt, kept), Outcome.SKIPPED)
        elif monotonic() - began > self.shadow.patience:
            self._offer(attempt, kept, None)
        elif recording.ended:
            self._offer(attempt, kept, recording)

    def _offer(self, attempt: Attempt, scope: dict[str, Any], stable: Recording | None) -> None:
        self.shadow.offer(Read(_place(attempt, scope), scope, stable))


def _failed(answer: Answer | None) -> bool:
    return answer is None or answer.failed


def _is_tried(attempt: Attempt, scope: Scope) -> bool:
    writes = attempt.routing.shadow_writes and scope["method"] in WRITING
    return writes and _is_sampled(attempt, scope)


def _is_sampled(attempt: Attempt, scope: Scope) -> bool:
    routing = attempt.routing
    return is_sampled(routing.salt, scope["state"]["request_id"], routing.shadow)


def _place(attempt: Attempt, scope: dict[str, Any]) -> Place:
    assert attempt.routing.release_id is not None  # noqa: S101 - only a release is watched
    return attempt.routing.release_id, scope["state"]["route"] or POOLED_ROUTE


def _as_it_came(scope: Scope) -> dict[str, Any]:
    """Before an arm writes into it. Of what is known of the request, what arms go by."""
    state = scope["state"]
    known = {
        "request_id": state["request_id"],
        "client_address": state["client_address"],
        "tls": state["tls"],
        "route": state.get("route"),
        "attempt": state.get("attempt"),  # a drill asks by it for what goes wrong
    }
    return {**scope, "state": known}


def _nothing_more() -> Receive:
    """A read has no body; then nothing comes any more, not even a farewell."""
    ended = False

    async def receive() -> Message:
        nonlocal ended
        if ended:
            await asyncio.Event().wait()
        ended = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive
