"""What steering and judging a release need from the outside, in their own words."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from serinus.domain.errors import Conflict
from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.history import Event
from serinus.domain.release.release import Release

NewId = Callable[[], UUID]
Json = Mapping[str, object]


class ReleaseRuns(Conflict):
    code: ClassVar = "release_runs"


class MovedOn(Conflict):
    """Between looking and acting somebody else acted, or the judge did."""

    code: ClassVar = "release_moved_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What every worker needs to know. `release` governs, running or ended; None where there
    never was one. `unjudged`: seconds since evidence was judged last, None unless it runs.
    `workers`: heard of lately, this one included.
    """

    epoch: int
    release: Release | None
    pins: Mapping[str, Arm]
    unjudged: float | None
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """One worker: what it serves. `says`: why not the share of the release, '' else."""

    node: UUID
    name: str
    pid: int
    epoch: int
    share: Share
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSeen:
    """A worker as the others see it. `applied_after`: seconds from the change of routing until
    it served it, None where that change is older than the worker; `heard_ago`: seconds.
    """

    state: NodeState
    applied_after: float | None
    heard_ago: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the next event of the record says."""

    actor: str
    reason: str
    kind: str
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was put in force last, since when, and what the judge said last. None and 0 on a
    database that no server ever used.
    """

    release: Release | None
    epoch: int
    share: Share
    origin: str
    since: datetime | None
    looked_ago: float | None
    verdict: Json | None


#: Makes a release, and its first event, of the one that governs, the store's time and the next
#: epoch.
Begin = Callable[[Release | None, datetime, int], tuple[Release, Entry]]


class Held(Protocol):
    """The governing release, locked until the block ends; what was saved holds only then.

    `now`: the store's clock, which all share.
    """

    @property
    def release(self) -> Release: ...

    @property
    def now(self) -> datetime: ...

    async def move(self, release: Release, entry: Entry) -> None:
        """Put the next state in force, on record, and tell all workers."""
        ...

    async def pin(self, release: Release, consumer: str, arm: Arm | None, entry: Entry) -> None:
        """None takes the pin away. `release`: the next state, for that is another routing."""
        ...

    async def explain(self, route: str, path: str, entry: Entry) -> bool:
        """A person accepts how answers differ there. False, and nothing is on record, where
        nothing was found.
        """
        ...


class Releases(Protocol):
    def held(self) -> AbstractAsyncContextManager[Held | None]:
        """Raise `Unavailable`. None where there never was a release."""
        ...

    async def start(self, begin: Begin) -> Release:
        """Raise what `begin` raises, and `ReleaseRuns`."""
        ...

    async def standing(self) -> Standing: ...

    async def get(self, release_id: UUID) -> Release | None: ...

    async def newest(self, limit: int) -> Sequence[Release]: ...

    async def history(self, release_id: UUID) -> Sequence[Event]:
        """In the order of their numbers, as stored: check the chain before you believe it."""
        ...

    async def latest(self, release_id: UUID, limit: int) -> Sequence[Event]:
        """The last events, in the order of their numbers."""
        ...

    async def pins(self, release_id: UUID) -> Mapping[str, Arm]: ...


class Nodes(Protocol):
    async def beat(self, state: NodeState) -> Published:
        """Say what this worker serves, and hear what it should. Raise `Unavailable`."""
        ...

    async def seen(self) -> Sequence[NodeSeen]: ...

    async def gone(self, node: UUID) -> None:
        """This worker ends."""
        ...
