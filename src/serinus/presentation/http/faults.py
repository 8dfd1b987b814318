"""An engine that does wrong on purpose: `SERINUS_FAULT`, and the drill of a release.

What is wrong is done around the engine, so that all that finds it out is the real thing: the
evidence, the rescue of reads, the worker's own test, the comparison.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import msgspec

from serinus.domain.release.faults import Fault, Symptom
from serinus.domain.release.volatile import WHEN_WRITTEN
from serinus.presentation.http.admission import Refuse
from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send, header
from serinus.presentation.http.evidence import Attempt

#: What somebody asks for who takes part in a drill, as the name of a symptom.
DRILL_HEADER = b"serinus-drill-fault"
ASKED: dict[bytes | None, Symptom] = {each.value.encode(): each for each in Symptom}
#: How slow an answer of a drill is, in terms of what the plan calls slow.
SLOWER = 1.5

#: Members that people read: the first of them that there is becomes wrong.
READ = ("title", "name", "username", "message", "status")


@dataclass(frozen=True, slots=True)
class Faulty:
    """`refuse` tells of a failure in the contract's form."""

    app: App
    faults: Sequence[Fault]
    refuse: Refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        faults = self.faults if scope["type"] == "http" else ()
        struck = [each for each in faults if each.strikes(scope["state"]["request_id"])]
        await suffer(struck, self, scope, receive, send)


@dataclass(frozen=True, slots=True)
class DrillFaults:
    """Does what is asked for while a drill goes on, and for those who take part in it: their
    keys begin with what nobody else knows.
    """

    app: App
    refuse: Refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        attempt: Attempt | None = scope.get("state", {}).get("attempt")
        if attempt is None or attempt.routing.drill is None:
            await self.app(scope, receive, send)
            return
        symptom = ASKED.get(header(scope, DRILL_HEADER))
        delay = timedelta(milliseconds=SLOWER * attempt.routing.over_ms)
        struck = [Fault(symptom=symptom, delay=delay)] if symptom else []
        await suffer(struck, self, scope, receive, send)


async def suffer(
    struck: Sequence[Fault],
    engine: Faulty | DrillFaults,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Late first, then failed or wrong: as in an engine that waits for what does not come."""
    symptoms = {each.symptom for each in struck}
    if Symptom.LATENCY in symptoms:
        late = (each.delay for each in struck if each.symptom is Symptom.LATENCY)
        await asyncio.sleep(sum(late, timedelta()).total_seconds())
    if Symptom.ERRORS in symptoms:
        await engine.refuse(scope, send, HTTPStatus.INTERNAL_SERVER_ERROR, 0)
        return
    await engine.app(scope, receive, _Wrong(send) if Symptom.DIFFERENCE in symptoms else send)


class _Wrong:
    """Keeps an answer until it is whole, and lets it go with one member cut short."""

    __slots__ = ("_body", "_send", "_start")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        body = wrong(self._body)
        headers = [pair for pair in self._start["headers"] if pair[0] != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        start = self._start if body is self._body else {**self._start, "headers": headers}
        await self._send(start)
        await self._send({**message, "body": body})


def _is_json(start: Message) -> bool:
    kind = next((v for k, v in start.get("headers", ()) if k == b"content-type"), b"")
    return start["status"] == HTTPStatus.OK and kind.startswith(b"application/json")


def wrong(body: bytes) -> bytes:
    """The same object where there is nothing to make wrong, as in the answer to HEAD."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    found = _member(value, READ) or _member(value, None)
    if found is None:
        return body
    holder, name = found
    holder[name] = holder[name][:-1]
    return msgspec.json.encode(value)


def _member(value: object, names: Sequence[str] | None) -> tuple[dict[str, Any], str] | None:
    """The first text with one of the names, from the outside in. None: with any name that two
    right answers do not differ in.
    """
    level = [value]
    while level:
        for each in level:
            if isinstance(each, dict) and (name := _text_in(each, names)):
                return each, name
        level = [inner for each in level for inner in _within(each)]
    return None


def _text_in(members: dict[str, Any], names: Sequence[str] | None) -> str | None:
    wanted = names or [name for name in members if name not in WHEN_WRITTEN]
    texts = (name for name in wanted if isinstance(members.get(name), str) and members[name])
    return next(texts, None)


def _within(value: object) -> list[object]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case _:
            return []
