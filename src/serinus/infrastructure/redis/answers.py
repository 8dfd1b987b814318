"""Answers that all nodes keep together in Redis or Valkey. Nothing here is the only copy.

What makes it exact is a clock in Redis, which every change that is noted there moves on. Who
means to keep an answer reads that clock before the database, and the answer counts as long as
nothing it shows was noted after that. A clock that is lost, or was never there, begins a new
epoch, and what was kept in another one is nothing.

Every node that is told of a change notes it. Until that is confirmed the node uses nothing from
here: another one, which has not been told yet, may have kept what was read before the change.
And when it cannot be confirmed, all is noted as changed before anything is used again.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from serinus.application.answers import (
    LIFETIME,
    Answer,
    Kept,
    Key,
    Looked,
    Stamp,
    Tags,
)

TIMEOUT = 0.1  # seconds for everything, connecting included
PAUSE = 1.0  # seconds without asking, after a failure
REMEMBERED = 86_400  # seconds that an epoch lives on without any change
MOST_TAGS = 10_000
NOTHING = Looked(None, None)

log = structlog.get_logger("serinus")


@dataclass(slots=True)
class SharedCounts:
    hits: int = 0
    misses: int = 0
    hit_age: float = 0.0  # seconds, of all hits together
    kept: int = 0
    discarded: int = 0
    failed: int = 0  # calls that Redis did not answer in time
    invalidated: int = 0


class _Wire(msgspec.Struct, array_like=True):
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    etag: str | None
    tags: list[str]
    packed: bytes | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Wire).decode


class RedisAnswers:
    """Of no use while `confirm` does not run. `name`: of what is served, by which version."""

    def __init__(
        self,
        client: Redis,
        name: str,
        *,
        timeout: float = TIMEOUT,
        pause: float = PAUSE,
        lifetime: float = LIFETIME,
    ) -> None:
        self.counts = SharedCounts()
        # In braces: nodes of a Redis cluster keep together what has the same in them.
        self._prefix = f"{{serinus:cache:v2:{name}}}:"
        self._find, self._keep, self._forget = (
            client.register_script(_source(each)) for each in ("find", "keep", "forget")
        )
        self._timeout = timeout
        self._pause = pause
        self._lifetime = lifetime
        self._away_until = float("-inf")  # on the loop's clock
        self._tags: set[str] = set()  # changed, and not yet noted
        self._everything = True
        self._settled = False
        self._told = asyncio.Event()
        self._told.set()
        self._warned = False

    @property
    def usable(self) -> bool:
        return self._settled and asyncio.get_running_loop().time() >= self._away_until

    async def find(self, key: Key) -> Looked:
        if not self.usable:
            return NOTHING
        keys = [f"{self._prefix}changes", self._key(key)]
        found = await self._call(self._find, keys, [_epoch(), REMEMBERED])
        if found is None:
            return NOTHING
        stamp = Stamp(bytes(found[0]).decode(), int(found[1]))
        if len(found) == 2:
            self.counts.misses += 1
            return Looked(None, stamp)
        age = int(found[3]) / 1000
        self.counts.hits += 1
        self.counts.hit_age += age
        return Looked(Kept(_answer(found[2]), age), stamp)

    async def keep(self, key: Key, answer: Answer, stamp: Stamp) -> None:
        if not self.usable:
            return
        keys = [f"{self._prefix}changes", self._key(key)]
        tags = " ".join(answer.tags)
        lasting = int(self._lifetime * 1000)
        given = [stamp.epoch, stamp.clock, tags, _wire(answer), lasting]
        kept = await self._call(self._keep, keys, given)
        self.counts.kept += kept == 1
        self.counts.discarded += kept == 0

    def began(self) -> None:
        self.changed(None)

    def changed(self, tags: Tags | None) -> None:
        self.counts.invalidated += 1
        self._settled = False
        if tags is None or len(self._tags) > MOST_TAGS:
            self._everything = True
            self._tags.clear()
        else:
            self._tags |= tags
        self._told.set()

    def heard(self, at: float) -> None:
        """Nothing to do: who cannot trust what it was told does not ask here."""

    def lost(self) -> None:
        """Nothing to do: as with `heard`."""

    async def confirm(self) -> None:
        """Note in Redis what changes, for ever."""
        while True:
            await self._told.wait()
            self._told.clear()
            everything, tags = self._everything, tuple(self._tags)
            self._everything = False
            self._tags.clear()
            given = [_epoch(), REMEMBERED, MOST_TAGS, *(() if everything else tags)]
            if await self._call(self._forget, [f"{self._prefix}changes"], given) is None:
                self._everything = True
                self._told.set()
                await asyncio.sleep(self._pause)
            elif not self._told.is_set():
                self._settled = True

    async def _call(
        self, script: Callable[..., Any], keys: Sequence[str], given: Sequence[object]
    ) -> Any:  # noqa: ANN401 - what the script answers
        """None when there is no answer."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await script(keys=keys, args=given)
        except (RedisError, OSError) as error:  # a time-out is an OSError as well
            self._failed(error)
            return None
        if self._warned:
            self._warned = False
            log.warning("Redis is back: nodes share what they keep")
        return answer

    def _failed(self, error: Exception) -> None:
        self.counts.failed += 1
        self._away_until = asyncio.get_running_loop().time() + self._pause
        if not isinstance(error, TimeoutError | RedisTimeoutError):
            # Another server may answer next, which was not told all that this one was.
            self.changed(None)
        if not self._warned:
            self._warned = True
            reason = type(error).__name__
            log.warning("Redis is away: each node keeps its own", reason=reason)

    def _key(self, key: Key) -> str:
        # Of any length, and from outside.
        text = msgspec.json.encode(key)
        return self._prefix + blake2b(text, digest_size=16).hexdigest()


def _source(name: str) -> str:
    return Path(__file__).with_name(f"answers_{name}.lua").read_text(encoding="utf-8")


def _epoch() -> str:
    return secrets.token_hex(8)


def _wire(answer: Answer) -> bytes:
    packed = answer.packed.body if answer.packed else None
    tags = sorted(answer.tags)
    wire = _Wire(answer.status, answer.headers, answer.body, answer.etag, tags, packed)
    return _encode(wire)


def _answer(wire: bytes) -> Answer:
    found = _decode(wire)
    tags = frozenset(found.tags)
    answer = Answer(found.status, found.headers, found.body, found.etag, tags)
    return answer if found.packed is None else answer.with_packed(found.packed)
