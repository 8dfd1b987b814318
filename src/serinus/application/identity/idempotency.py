"""Doing a thing once, however often it is asked for with the same key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

KEPT = timedelta(hours=24)
#: After this long without an answer the first request is taken to have died with its process.
ABANDONED = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """`principal` says whose: keys of different people never meet."""

    principal: str
    value: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request was answered. The body may hold tokens, so it is never shown."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """This request is the first. `at` tells it from one that may take over later."""

    at: datetime


class InProgress:
    """The first request is still being answered."""


class Mismatch:
    """The key was used for another request."""


class IdempotencyKeys(Protocol):
    """Where answers are kept, for `KEPT`. Requests and bodies are stored unreadably."""

    async def claim(
        self, key: IdempotencyKey, request: bytes, *, at: datetime
    ) -> Claimed | Answer | InProgress | Mismatch:
        """Of several that claim one key at once, exactly one gets `Claimed`."""
        ...

    async def settle(self, key: IdempotencyKey, claimed: Claimed, answer: Answer) -> None:
        """Keep the answer, unless another request took over meanwhile."""
        ...

    async def release(self, key: IdempotencyKey, claimed: Claimed) -> None:
        """Forget the request, so that it can be sent again."""
        ...
