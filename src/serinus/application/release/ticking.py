"""One look at the evidence, and what follows from it: observe, judge, move, record, publish.

All of it is one transaction: a process that ends at any point has looked or it has not, and
nothing is counted twice or not at all. One worker does it, once a second; a second one that
believed to be elected would only wait for the first.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self
from uuid import UUID

from serinus.application.release.node import TRIPPED
from serinus.application.release.ports import Entry, Held, Json, NodeSeen
from serinus.application.release.steering import LONGEST_REASON
from serinus.domain.release.decision import TRIPWIRE, Decision, emergency
from serinus.domain.release.evidence import Cell
from serinus.domain.release.memory import Memory
from serinus.domain.release.phase import Phase
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import ComparisonState, Kind, Situation, Verdict, Why
from serinus.domain.release.verifying import HELD, where

FURTHER_BACK = "further_back"

FRESH = 5.0  # seconds: what a worker has not repeated since does not count
LATE_EPOCHS = 3  # where evidence comes in as a rule
ALL_EPOCHS_EVERY = 10  # looks

#: A drill takes a minute; whoever ran it is gone, and could not end it.
LONGEST_DRILL = timedelta(minutes=10)

#: Holds that somebody should read of afterwards; again after that at the earliest.
NOTED = frozenset({Why.SHARED_CAUSE, Why.BAD_SPLIT, Why.COMPARISON, Why.GATE})
NOTED_AGAIN = timedelta(hours=1)


class Watched(Held, Protocol):
    """As the judge needs it. `memory`: what `look` kept, None before the first look."""

    @property
    def memory(self) -> Json | None: ...

    async def news(self, *, since: int) -> Sequence[Cell]:
        """Evidence of epochs from `since` on that no look has taken; it is taken with this."""
        ...

    async def nodes(self) -> Sequence[NodeSeen]: ...

    async def look(self, *, memory: Json, verdict: Json) -> None:
        """Keep what the judge said, and tell all workers that it looked."""
        ...

    async def note(self, entry: Entry) -> None:
        """Put on record what changes no state."""
        ...


class WatchedReleases(Protocol):
    def held(self) -> AbstractAsyncContextManager[Watched | None]: ...


class Comparisons(Protocol):
    async def state(self, release_id: UUID) -> ComparisonState | None:
        """What comparing has found since the release began; None where nothing compares."""
        ...


@dataclass(slots=True)
class Ticking:
    releases: WatchedReleases
    comparisons: Comparisons
    looks: int = 0

    async def tick(self) -> Verdict | None:
        """None where no release runs. Raise `Unavailable`."""
        async with self.releases.held() as held:
            if held is None or held.release.ended:
                return None
            if held.release.drill and held.now - held.release.started_at >= LONGEST_DRILL:
                await _given_up(held)
                return None
            self.looks += 1
            return await self._look(held)

    async def _look(self, held: Watched) -> Verdict:
        release, kept = held.release, Kept.read(held.memory)
        nodes = [node for node in await held.nodes() if node.heard_ago < FRESH]
        decision = Decision(
            plan=release.plan,
            situation=await self._situation(held, len(nodes)),
            news=tuple(await held.news(since=self._since(release))),
            memory=kept.judge,
        )
        found, kept.judge = decision.made()
        tripped = _tripped(nodes, release)
        verdict = emergency(found, tripped) if tripped else found
        body = {**decision.to_json(), "verdict": found.to_json()}
        moved = release.after(verdict, held.now)
        if moved != release:
            await held.move(moved, _entry(verdict, moved, body, _kind(release, verdict)))
        elif kept.notes(verdict, held.now):
            await held.note(_entry(verdict, moved, body, HELD))
        await held.look(memory=kept.to_json(), verdict=verdict.to_json())
        return verdict

    async def _situation(self, held: Watched, workers: int) -> Situation:
        release = held.release
        return Situation(
            phase=release.phase,
            stage=release.stage,
            share=release.share,
            since_epoch=release.since_epoch,
            in_stage=held.now - release.since,
            gate_open=release.gate_open,
            paused=release.paused,
            comparison=await self.comparisons.state(release.id),
            workers=max(1, workers),
        )

    def _since(self, release: Release) -> int:
        if self.looks % ALL_EPOCHS_EVERY == 1:
            return release.first_epoch
        return max(release.first_epoch, release.epoch - LATE_EPOCHS)


async def _given_up(held: Watched) -> None:
    ended = held.release.abort(held.now)
    reason = "the drill was left alone: nobody has ended it"
    body = {"to": where(ended)}
    await held.move(ended, Entry(actor="judge", reason=reason, kind="aborted", body=body))


@dataclass(slots=True)
class Kept:
    """What is kept from one look to the next: the judge's memory, and when a hold was noted."""

    judge: Memory
    noted: dict[str, str]

    @classmethod
    def read(cls, value: Mapping[str, Any] | None) -> Self:
        if value is None:
            return cls(Memory(), {})
        return cls(Memory.from_json(value["judge"]), dict(value["noted"]))

    def to_json(self) -> Json:
        return {"judge": self.judge.to_json(), "noted": self.noted}

    def notes(self, verdict: Verdict, now: datetime) -> bool:
        """Whether this hold is to be noted; if so, it is not soon again."""
        if verdict.why not in NOTED:
            return False
        last = self.noted.get(verdict.why)
        if last is not None and now - datetime.fromisoformat(last) < NOTED_AGAIN:
            return False
        self.noted[verdict.why] = now.isoformat()
        return True


def _kind(release: Release, verdict: Verdict) -> str:
    """What is told of a move: further back it goes whatever the verdict is."""
    further = release.phase is Phase.ROLLING_BACK and verdict.kind is not Kind.EMERGENCY
    return FURTHER_BACK if further else str(verdict.kind)


def _entry(verdict: Verdict, moved: Release, body: Json, kind: str) -> Entry:
    return Entry(
        actor=TRIPWIRE if verdict.guardrail == TRIPWIRE else "judge",
        reason=verdict.sentence,
        kind=kind,
        body={**body, "to": where(moved)},
    )


def _tripped(nodes: Sequence[NodeSeen], release: Release) -> str:
    """Who says so of the routing in force; '' where nobody does."""
    return "; ".join(
        f"{node.state.name} (process {node.state.pid}) {node.state.says}"
        for node in nodes
        if node.state.says.startswith(TRIPPED) and node.state.epoch == release.epoch
    )[:LONGEST_REASON]
