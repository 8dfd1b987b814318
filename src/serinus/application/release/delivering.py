"""Sending what has to be told to who asked for it: at least once, and known by its id.

The outbox says what is to be sent, and holds it for one sender at a time; a sender that ends in
the middle is followed by another one, so a receiver may see a message twice, never not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from serinus.domain.release.announcement import Announcement
from serinus.domain.release.webhook import Outcome, SigningKey, Step, next_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One attempt of one delivery. `keys`: each signs; none where they cannot be read any
    more. `announcement`: None where somebody tries whether it arrives. `attempts`: this one
    included. `failing_for`: seconds since the receiver began to accept nothing.
    """

    id: UUID
    webhook: UUID
    url: str
    keys: tuple[SigningKey, ...]
    announcement: Announcement | None
    made_at: datetime
    attempts: int
    failing_for: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """`next_in`: seconds until something is due, None where nothing waits. `oldest`: seconds
    since what waits longest was to be told.
    """

    next_in: float | None
    oldest: float


class Outbox(Protocol):
    async def claim(self) -> Message | None:
        """What is due for longest, for this sender alone, and begun. Raise `Unavailable`."""
        ...

    async def waiting(self) -> Waiting: ...

    async def settle(self, message: Message, outcome: Outcome, step: Step) -> None:
        """Put on record how it went, unless another attempt has begun since."""
        ...


class Send(Protocol):
    async def __call__(self, message: Message) -> Outcome:
        """Once. Every failure is an outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Delivering:
    """`luck`: from 0 to 1, another one each time."""

    outbox: Outbox
    send: Send
    luck: Callable[[], float]

    async def deliver(self, message: Message) -> tuple[Outcome, Step]:
        """Raise `Unavailable`: then it is sent again later."""
        outcome = await self.send(message)
        step = next_step(
            outcome,
            attempts=message.attempts,
            failing_for=message.failing_for,
            luck=self.luck(),
        )
        await self.outbox.settle(message, outcome, step)
        return outcome, step

    async def once(self, message: Message) -> Outcome:
        """Somebody waits for the answer, so there is no second attempt."""
        outcome = await self.send(message)
        await self.outbox.settle(message, outcome, Step(delivered=outcome.delivered))
        return outcome
