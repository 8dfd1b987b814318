"""Answers of contract v2 that everybody may see, given again without asking for them again.

A plain ASGI application in front of contract v2: what is found here never gets there. Kept is
what says `Cache-Control: public` and by `Cache-Tag` what it shows, asked without credentials.
`Cache-Status` (RFC 9211) tells what came of it.
"""

import asyncio
import gzip
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl

from serinus.application.answers import Answer, Answers, Kept, Key, SharedAnswers, Stamp
from serinus.presentation.http.asgi import App, Header, Message, Receive, Scope, Send
from serinus.presentation.http.compression import LEVEL, WORTH_IT, accepts_gzip
from serinus.presentation.http.v2.conditional import names
from serinus.presentation.http.v2.query_values import MAX_PARAMETERS
from serinus.presentation.http.v2.refusals import MalformedHeader
from serinus.presentation.http.v2.single_flight import Flights, Outcome

#: Whose answers may be for everybody. What else begins like this is not there, and not kept.
RESOURCES = tuple(
    f"/api/v2/{name}" for name in ("posts", "tags", "categories", "comments", "search")
)
READS = frozenset({"GET", "HEAD"})
CREDENTIALS = frozenset({b"authorization", b"x-api-key"})
LONGEST = 4096  # characters of a path, and of a query, that something is kept for
KEPT_STATUSES = frozenset({200, 301})
OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding"})

HIT = (b"cache-status", b"serinus; hit")
SHARED_HIT = (b"cache-status", b"serinus; hit; detail=L2")
HITS = (HIT, SHARED_HIT)
STORED = (b"cache-status", b"serinus; fwd=miss; stored")
MISS = (b"cache-status", b"serinus; fwd=miss")
BYPASS = (b"cache-status", b"serinus; fwd=bypass")


class Asked(NamedTuple):
    key: Key
    head: bool
    packed: bool  # gzip is understood
    seen: bytes | None  # If-None-Match


class Fetched(NamedTuple):
    kept: Kept
    status: Header
    outcome: Outcome
    stamp: Stamp | None = None  # with which other nodes may have it


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswers:
    """`shared`: what other nodes keep; looked at when nothing is kept here."""

    app: App
    answers: Answers
    shared: SharedAnswers | None = None
    flights: Flights = field(default_factory=Flights)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = asked_for(scope)
        if asked is None:
            await self.app(scope, receive, send)
            return
        kept = self.answers.find(asked.key)
        if kept is not None:
            await give(kept, HIT, asked, send)
        elif self.answers.trusted():
            await self._missed(asked, scope, receive, send)
        else:
            # Nor must be trusted what somebody else fetches: it may have begun long ago.
            await self.app(scope, receive, _saying(BYPASS, send))

    async def _missed(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = await self.flights.wait(asked.key)
        kept = self.answers.find(asked.key) if outcome is not None else None
        if kept is not None:
            await give(kept, HIT, asked, send)
            return
        if outcome is None or outcome is Outcome.FAILED:
            fetched = await self._fetch_for_all(asked, scope, receive)
        else:
            fetched = await self._fetch(asked.key, scope, receive)
        if fetched is None:
            return
        await give(fetched.kept, fetched.status, asked, send)
        if self.shared and fetched.stamp:
            await self.shared.keep(asked.key, fetched.kept.answer, fetched.stamp)

    async def _fetch_for_all(
        self, asked: Asked, scope: Scope, receive: Receive
    ) -> Fetched | None:
        """Whatever ends this, a client that goes away included, lets the next one try."""
        self.flights.begin(asked.key)
        outcome = Outcome.FAILED
        try:
            fetched = await self._fetch(asked.key, scope, receive)
            if fetched is not None:
                outcome = fetched.outcome
        finally:
            self.flights.end(asked.key, outcome)
        return fetched

    async def _fetch(self, key: Key, scope: Scope, receive: Receive) -> Fetched | None:
        """None when there was no answer."""
        with self.answers.filling() as filling:
            stamp = None
            if self.shared:
                found, stamp = await self.shared.find(key)
                if found and self.answers.keep(filling, key, found):
                    return Fetched(found, SHARED_HIT, Outcome.KEPT)
            answer = await _answered(self.app, scope, receive)
            if answer is None:
                return None
            if not for_everybody(answer):
                failed = Outcome.FAILED if answer.status >= 500 else Outcome.NOT_FOR_ALL
                return Fetched(Kept(answer, 0.0), MISS, failed)
            kept = Kept(await _packed(answer), 0.0)
            if self.answers.keep(filling, key, kept):
                return Fetched(kept, STORED, Outcome.KEPT, stamp)
            return Fetched(kept, MISS, Outcome.NOT_FOR_ALL)


def asked_for(scope: Scope) -> Asked | None:
    """None for what is not looked for here: it is passed on as it is."""
    if scope["type"] != "http" or scope["method"] not in READS:
        return None
    path: str = scope["path"]
    if not path.startswith(RESOURCES) or len(path) > LONGEST:
        return None
    seen, packed = None, False
    for name, value in scope["headers"]:
        if name in CREDENTIALS:
            return None
        if name == b"if-none-match" and seen is None:
            seen = bytes(value)
        elif name == b"accept-encoding":
            packed = accepts_gzip(value)
    query = scope["query_string"]
    parameters = _parameters(query) if query else ()
    if parameters is None or (seen is not None and not _is_list_of_tags(seen)):
        return None
    return Asked(Key(path, parameters), scope["method"] == "HEAD", packed, seen)


def for_everybody(answer: Answer) -> bool:
    """Public, with tags by which it can be forgotten, and the same whatever else was sent."""
    if answer.status not in KEPT_STATUSES or not answer.tags:
        return False
    public = False
    for name, value in answer.headers:
        match name:
            case b"cache-control":
                public = value.startswith(b"public")
            case b"vary":
                if {each.strip().lower() for each in value.split(b",")} - CREDENTIALS:
                    return False
            case b"set-cookie":
                return False
            case _:
                pass
    return public


async def give(kept: Kept, status: Header, asked: Asked, send: Send) -> None:
    answer, age = kept
    if asked.packed and answer.packed is not None:
        answer = answer.packed
    code, body = answer.status, answer.body
    headers = [*answer.headers, status]
    if status in HITS:
        headers.append((b"age", b"%d" % age))
    if code == 200 and asked.seen and answer.etag and names(asked.seen, answer.etag):
        headers = [pair for pair in headers if pair[0] not in OF_THE_BODY]
        code, body = 304, b""
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if asked.head else body})


async def _packed(answer: Answer) -> Answer:
    """Compressed once, and not for each who is given it."""
    if len(answer.body) < WORTH_IT:
        return answer
    return answer.with_packed(
        await asyncio.to_thread(gzip.compress, answer.body, LEVEL, mtime=0)
    )


async def _answered(app: App, scope: Scope, receive: Receive) -> Answer | None:
    """The whole answer, whatever the client has of it already. None when there is none."""
    start: Message | None = None
    chunks: list[bytes] = []

    async def hold(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        else:
            chunks.append(message.get("body", b""))

    headers = [pair for pair in scope["headers"] if pair[0] != b"if-none-match"]
    await app({**scope, "method": "GET", "headers": headers}, receive, hold)
    return None if start is None else _answer(start, b"".join(chunks))


def _answer(start: Message, body: bytes) -> Answer:
    headers = tuple((bytes(name).lower(), bytes(value)) for name, value in start["headers"])
    named = dict(headers)
    etag, tags = named.get(b"etag"), named.get(b"cache-tag", b"")
    return Answer(
        start["status"],
        headers,
        body,
        etag.decode("latin-1") if etag is not None else None,
        frozenset(tags.decode("latin-1").split(",")) - {""},
    )


def _parameters(query: bytes) -> tuple[tuple[str, str], ...] | None:
    if len(query) > LONGEST:
        return None
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        return None
    return tuple(sorted(pairs))


def _is_list_of_tags(if_none_match: bytes) -> bool:
    try:
        names(if_none_match, "")
    except MalformedHeader:
        return False
    return True


def _saying(header: Header, send: Send) -> Send:
    async def say(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), header]}
        await send(message)

    return say
