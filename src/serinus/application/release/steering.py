"""What people do with a release. Every act has an actor and a reason, and is on record.

Whether somebody may is decided before: over HTTP by scopes, at the command line by having the
database's password.
"""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from serinus.application.release.ports import (
    Entry,
    Held,
    MovedOn,
    NewId,
    Nodes,
    NodeSeen,
    Part,
    Releases,
    Seen,
    Standing,
)
from serinus.domain.errors import Conflict, Invalid, NotFound, Violation
from serinus.domain.release.assignment import NOTHING, Arm, Share
from serinus.domain.release.history import Event
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Verdict
from serinus.domain.release.verifying import PINNED, STARTED, where

Move = Callable[[Release, datetime], Release]

LONGEST_REASON = 500  # characters
LONGEST_KEY = 300
MOST_PINS = 1000
EVENTS_SHOWN = 10
RELEASES_SHOWN = 50


class NoRelease(NotFound):
    """No release was ever started, or none with this id."""

    code: ClassVar = "release_not_found"


class CoolingDown(Conflict):
    """The last release was rolled back a short while ago."""

    code: ClassVar = "release_cooling_down"

    def __init__(self, wait: timedelta) -> None:
        self.retry_after = math.ceil(wait.total_seconds())
        super().__init__(f"the last release was rolled back: wait another {self.retry_after} s")
        self.wait = wait


class NotForDrills(Conflict):
    """Who does not take part in a drill is served by stable. So they have to be already."""

    code: ClassVar = "release_serves_consumers"


class TooManyPins(Conflict):
    code: ClassVar = "too_many_pins"


class NotPinned(NotFound):
    code: ClassVar = "consumer_not_pinned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`share` is in force where nothing limits it further; `source` says where it comes from.
    What a single node serves stands with the node. `since`: of this routing.
    """

    release: Release | None
    share: Share
    source: str
    epoch: int
    since: datetime | None
    nodes: Sequence[NodeSeen]
    verdict: Verdict | None
    looked_ago: float | None
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Steering:
    """`ceiling`: what the settings allow at most; None: anything."""

    store: Releases
    nodes: Nodes
    new_id: NewId
    ceiling: Share | None = None

    async def start(
        self,
        plan: Plan,
        *,
        actor: str,
        reason: str,
        same_consumers: bool = False,
        drill: str | None = None,
    ) -> Release:
        """`same_consumers`: those of the last release go first again. `drill`: only consumers
        whose keys begin so take part. Raise `ReleaseRuns`, `CoolingDown`, `NotForDrills`,
        `Invalid`.
        """
        told = checked(reason)
        if drill is not None:
            _check_key(drill, "drill")
            if (await self.status()).share > NOTHING:
                raise NotForDrills("consumers are served by the candidate: drill before that")

        def begin(last: Release | None, now: datetime, epoch: int) -> tuple[Release, Entry]:
            if drill is None:
                _check_cool(last, now)
            release_id = self.new_id()
            salt = last.salt if last and same_consumers else f"serinus.{release_id}"
            release = Release.start(release_id, salt, plan, now, epoch=epoch, drill=drill)
            body = {"plan": plan.to_json(), "salt": salt, "drill": drill, "to": where(release)}
            return release, Entry(actor=actor, reason=told, kind=STARTED, body=body)

        return await self.store.start(begin)

    async def promote(self, *, actor: str, reason: str, seen: Seen | None = None) -> Release:
        """Like all that follow raise `NotAllowed`, `MovedOn`, `Invalid`, `NoRelease`.

        `seen`: what somebody looked at when they decided; None: as it is now.
        """
        return await self._moved("promoted", Release.promote, actor, reason, seen)

    async def pause(self, *, actor: str, reason: str, seen: Seen | None = None) -> Release:
        return await self._moved("paused", Release.pause, actor, reason, seen)

    async def resume(self, *, actor: str, reason: str, seen: Seen | None = None) -> Release:
        return await self._moved("resumed", Release.resume, actor, reason, seen)

    async def step_back(self, *, actor: str, reason: str, seen: Seen | None = None) -> Release:
        return await self._moved("stepped_back", Release.step_back, actor, reason, seen)

    async def rollback(self, *, actor: str, reason: str) -> Release:
        return await self._moved("rolled_back", Release.roll_back, actor, reason)

    async def abort(self, *, actor: str, reason: str) -> Release:
        return await self._moved("aborted", Release.abort, actor, reason)

    async def pin(self, consumer: str, arm: Arm | None, *, actor: str, reason: str) -> None:
        """None takes the pin away. `consumer`: the key that is hashed. Raise `NotPinned`,
        `TooManyPins`.
        """
        _check_key(consumer, "consumer")
        told = checked(reason)
        # Before the lock: who holds one connection must not wait for another.
        pins = await self.pins()
        async with self._held() as held:
            if held.release.ended and held.release.phase is not Phase.COMPLETE:
                raise NoRelease("no release is in force")
            if arm is None and consumer not in pins:
                raise NotPinned("this consumer is not pinned to an arm")
            if arm and len(pins) >= MOST_PINS and consumer not in pins:
                raise TooManyPins(f"{MOST_PINS} consumers can be pinned")
            pinned = held.release.pinned()
            body = {"consumer": consumer, "arm": arm, "to": where(pinned)}
            entry = Entry(actor=actor, reason=told, kind=PINNED, body=body)
            await held.pin(pinned, consumer, arm, entry)

    async def pins(self) -> Mapping[str, Arm]:
        standing = await self.store.standing()
        return await self.store.pins(standing.release.id) if standing.release else {}

    async def status(self) -> Status:
        standing = await self.store.standing()
        release = standing.release
        share, source = self._limited(standing)
        events = await self.store.latest(release.id, EVENTS_SHOWN) if release else []
        return Status(
            release=release,
            share=share,
            source=source,
            epoch=standing.epoch,
            since=standing.since,
            nodes=await self.nodes.seen(),
            verdict=Verdict.from_json(standing.verdict) if standing.verdict else None,
            looked_ago=standing.looked_ago,
            events=events,
        )

    async def release(self, release_id: UUID | None = None) -> Release:
        """That which governs where none is named. Raise `NoRelease`."""
        if release_id is None:
            release = (await self.store.standing()).release
        else:
            release = await self.store.get(release_id)
        if release is None:
            raise NoRelease("there is no such release")
        return release

    async def history(self, release_id: UUID | None = None) -> Sequence[Event]:
        """First event first. Raise `NoRelease`."""
        return await self.store.history((await self.release(release_id)).id)

    async def events(self, release_id: UUID | None, part: Part) -> Sequence[Event]:
        """A part of that. Raise `NoRelease`."""
        return await self.store.events((await self.release(release_id)).id, part)

    async def releases(self) -> Sequence[Release]:
        """Newest first."""
        return await self.store.newest(RELEASES_SHOWN)

    def _limited(self, standing: Standing) -> tuple[Share, str]:
        if self.ceiling is not None and self.ceiling < standing.share:
            limit = f"API_V2_TRAFFIC_PERCENTAGE={self.ceiling.percent}"
            return self.ceiling, f"{limit} limits {standing.origin}"
        return standing.share, standing.origin

    async def _moved(
        self, kind: str, move: Move, actor: str, reason: str, seen: Seen | None = None
    ) -> Release:
        reason = checked(reason)
        async with self._held() as held:
            now = Seen(held.release.id, held.release.version)
            if seen is not None and seen != now:
                raise MovedOn(now)
            release = move(held.release, held.now)
            entry = Entry(actor=actor, reason=reason, kind=kind, body={"to": where(release)})
            await held.move(release, entry)
            return release

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[Held]:
        async with self.store.held() as held:
            if held is None:
                raise NoRelease("no release was ever started")
            yield held


def checked(reason: str) -> str:
    """Trimmed. Raise `Invalid`."""
    trimmed = reason.strip()
    if 1 <= len(trimmed) <= LONGEST_REASON and trimmed.isprintable():
        return trimmed
    text = f"1 to {LONGEST_REASON} characters on one line"
    raise Invalid([Violation("reason", "invalid_format", text)])


def _check_key(key: str, member: str) -> None:
    if not (1 <= len(key) <= LONGEST_KEY and key.isprintable()):
        text = f"1 to {LONGEST_KEY} printable characters"
        raise Invalid([Violation(member, "invalid_format", text)])


def _check_cool(last: Release | None, now: datetime) -> None:
    if last is None or last.phase is not Phase.ROLLED_BACK or last.ended_at is None:
        return
    wait = last.ended_at + last.plan.cool_down - now
    if wait > timedelta(0):
        raise CoolingDown(wait)
