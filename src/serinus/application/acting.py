"""Who acts, from where: noted at the edge, and told to the store with everything it writes.

Not an argument of each use case: none of them decides by it. It is for the record alone, which
has to hold the writes that no use case was asked for as well, as publishing at a set time.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID


class Via(StrEnum):
    """What somebody acts through."""

    V1 = "v1"
    V2 = "v2"
    CLI = "cli"
    IMPORT = "import"
    SCHEDULE = "schedule"
    GENERATE = "generate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """`user` is None for a guest and for the service itself; `key` is set for an API key."""

    via: Via
    user: UUID | None = None
    key: UUID | None = None
    address: str | None = None
    request_id: str | None = None

    def told(self) -> str:
        """As JSON, what is None left out: the parameter of SQL's `acting`."""
        members = {
            "via": self.via.value,
            "user": str(self.user) if self.user else None,
            "key": str(self.key) if self.key else None,
            "address": self.address,
            "request_id": self.request_id,
        }
        return json.dumps({name: value for name, value in members.items() if value})


_CURRENT: ContextVar[Actor | None] = ContextVar("actor", default=None)


def note(actor: Actor) -> None:
    """For the rest of the task that calls it: a request is one."""
    _CURRENT.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    token = _CURRENT.set(actor)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def identified(user: UUID, key: UUID | None = None) -> None:
    """Whoever was noted is this user: said by the use case that found out."""
    actor = _CURRENT.get()
    if actor is not None:
        _CURRENT.set(replace(actor, user=user, key=key))


def current() -> Actor | None:
    return _CURRENT.get()


def told() -> str:
    """What a statement that writes hands to `acting`; empty when nobody was noted."""
    actor = _CURRENT.get()
    return actor.told() if actor else ""
