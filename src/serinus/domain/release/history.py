"""The record of a release: only added to, and each entry sealed over the one before it.

canonical = JSON of [release, number, at, actor, reason, kind, body], members sorted, without
            white space, UTF-8 (as RFC 8785 but for the notation of floating-point numbers)
hash      = SHA-256(previous hash || canonical); before the first entry stand 32 zero bytes
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Self
from uuid import UUID

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`number` counts from 1; `body` is JSON; `previous` and `hash` are the seal."""

    release: UUID
    number: int
    at: datetime
    actor: str
    reason: str
    kind: str
    body: Mapping[str, object]
    previous: bytes = field(repr=False)
    hash: bytes = field(repr=False, default=b"")

    def sealed(self) -> Self:
        return replace(self, hash=self.seal())

    def seal(self) -> bytes:
        return sha256(self.previous + self.canonical()).digest()

    def canonical(self) -> bytes:
        """Raise ValueError for NaN and infinities, which are not JSON."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        told = [
            str(self.release),
            self.number,
            at,
            self.actor,
            self.reason,
            self.kind,
            self.body,
        ]
        text = json.dumps(
            told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return text.encode()


def check_chain(events: Sequence[Event]) -> int | None:
    """The number of the first entry that is not what was written there, or where it should
    stand; None when all hold. That the last ones are missing shows only by what comes next.
    """
    previous = GENESIS
    for number, event in enumerate(events, start=1):
        whole = event.number == number and event.release == events[0].release
        if not whole or event.previous != previous or event.hash != event.seal():
            return number
        previous = event.hash
    return None
