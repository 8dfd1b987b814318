"""A drill: proof, on servers that run, that a bad candidate is taken back, and how fast.

It is a release like any other, but for who takes part in it: consumers whose keys begin with
what only the drill knows. Everybody else is served by stable, before it, meanwhile and after.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from serinus.application.release.drill_traffic import (
    TOGETHER,
    DrillTraffic,
    NoDrill,
    reckoned,
)
from serinus.application.release.ports import Entry, NodeSeen, ReleaseRuns
from serinus.application.release.steering import Steering
from serinus.domain.release.assignment import NOTHING
from serinus.domain.release.faults import Symptom
from serinus.domain.release.plan import Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Verdict, Why
from serinus.domain.release.verifying import verify, where

PATIENCE = 60.0  # seconds for each step
AGREED = 10.0  # seconds until every worker serves what is in force
FRESH = 5.0  # seconds: who was not heard of since is no worker any more
SOON = 0.02  # seconds between two looks at what has become of something
SLOW_MS = 1000  # so that a busy machine is not taken for a slow candidate

#: The owner's limit of errors; times of a release that is over within a minute.
MEMBERS: dict[str, object] = {
    "stages": [50, 75, 100],
    "rollback_stages": [0],
    "guardrails": {"slow": {"over_ms": SLOW_MS, "slo": 0.05}},
    **dict.fromkeys(("dwell", "bake", "baseline", "rollback_dwell", "cool_down"), "0s"),
}
#: No stage beyond the second: what a drill is for has been seen by then.
GATES = {"last": "manual"}
ALONE = {"gates": GATES, "comparison": {"sample": 0.0}}
#: Before either stage answers are compared, all there are.
COMPARED = {
    "gates": {"first": "comparison", "75": "comparison", **GATES},
    "comparison": {"least_requests": 20, "limit": 0.05, "sample": 1.0},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`seconds` that it took; `numbers` for programs."""

    name: str
    passed: bool
    detail: str
    seconds: float
    numbers: dict[str, Any]


class Failed(Exception):
    """What a step was to show is not so."""


Found = tuple[str, dict[str, Any]]
Proof = tuple[str, Callable[[], Awaitable[Found]]]


@dataclass(slots=True)
class Drill:
    """`clock`: monotonic seconds; `actor` and `reason` stand on record."""

    steering: Steering
    traffic: DrillTraffic
    clock: Callable[[], float]
    symptom: Symptom
    actor: str
    reason: str
    _id: UUID | None = None

    async def steps(self) -> AsyncGenerator[Step, None]:
        """As they end. What builds on a failed one is left out. Whoever does not want them all
        has to close this, or the drill goes on.

        Raise `NoDrill`, `ReleaseRuns`, `NotForDrills`, `Unavailable`.
        """
        before = await self._possible()
        prefix = self.traffic.prefix
        started = await self.steering.start(
            plan(self.symptom), actor=self.actor, reason=self.reason, drill=prefix
        )
        self._id = started.id
        try:
            for proof in self._proofs():
                step = await self._step(*proof)
                yield step
                if not step.passed:
                    break
        finally:
            await self._end(started.id)
        yield await self._step("nobody else noticed", self._unnoticed)
        yield await self._step("the record holds", self._recorded)
        yield await self._step("all is as it was", lambda: self._as_before(before))

    def _proofs(self) -> Sequence[Proof]:
        first: Proof = ("every worker takes part", self._in_force)
        arms: Proof = ("the arms are not swapped", self._not_swapped)
        good: Proof = ("healthy traffic goes on", self._grows)
        if self.symptom is Symptom.DIFFERENCE:  # there is no share before answers are compared
            return (first, good, arms, ("the gate stays closed", self._held))
        return (first, arms, good, ("it is taken back", self._taken_back))

    async def _step(self, name: str, work: Callable[[], Awaitable[Found]]) -> Step:
        began, passed = self.clock(), False
        numbers: dict[str, Any] = {}
        try:
            async with asyncio.timeout(PATIENCE):
                detail, numbers = await work()
            passed = True
        except (Failed, NoDrill) as failed:
            detail = str(failed)
        except TimeoutError:
            verdict = await self._verdict()
            why = verdict.sentence if verdict else "nobody judges"
            detail = f"not within {PATIENCE:.0f} s: {why}"
        seconds = self.clock() - began
        return Step(name=name, passed=passed, detail=detail, seconds=seconds, numbers=numbers)

    async def _possible(self) -> tuple[UUID | None, str]:
        """What is in force."""
        status = await self.steering.status()
        if status.release and not status.release.ended:
            raise ReleaseRuns("a release runs, and a drill would disturb it: wait for its end")
        answered = await self.traffic.ask_outside()
        if answered.status != 200:
            raise NoDrill(f"the server is not healthy: it answers {answered.status}")
        if answered.engine != "v1":
            raise NoDrill("consumers are served by engine v2: a drill would take them from it")
        return status.release.id if status.release else None, status.source

    async def _in_force(self) -> Found:
        """At the first stage, where nothing stands before it."""
        gated = self.symptom is Symptom.DIFFERENCE
        release = await self._until(lambda release: gated or release.share > NOTHING)
        workers = await self._applied(release)
        answered = await self.traffic.ask_outside()
        if answered.epoch != release.epoch:
            raise Failed(
                f"the server is in epoch {answered.epoch}, not {release.epoch}: it has another "
                "database"
            )
        for node in workers:
            if node.state.share != release.share:
                share = node.state.share.percent
                raise Failed(f"{node.state.name} serves {share} %: settings limit releases")
        told = f"{len(workers)}, at {release.share.percent} %"
        return told, {"workers": len(workers)}

    async def _not_swapped(self) -> Found:
        release, served = await self._state(), Counter[str]()
        names = self.traffic.consumers()
        for first in range(0, len(names), TOGETHER):
            some = names[first : first + TOGETHER]
            for name, answered in zip(some, await self.traffic.burst(some), strict=True):
                if answered.epoch != release.epoch:
                    continue
                number = reckoned(release.salt, name)
                right = "v2" if number < release.share.basis_points else "v1"
                if answered.engine != right:
                    raise Failed(f"bucket {number} was served by {answered.engine}")
                served[right] += 1
        if not (served["v1"] and served["v2"]):
            raise Failed(f"too few answers of one epoch: {dict(served)}")
        told = f"{served['v2']} below the share by v2, {served['v1']} above it by v1"
        return told, dict(served)

    async def _grows(self) -> Found:
        """By a proof, or through the gate."""
        began_at = (await self._state()).share
        before = self.traffic.asked
        while (release := await self._state()).share <= began_at:
            self._runs(release)
            await self.traffic.burst()
        await self._applied(release)
        asked = self.traffic.asked - before
        return f"to {release.share.percent} %, after {asked} requests", {"requests": asked}

    async def _taken_back(self) -> Found:
        ending = asyncio.ensure_future(self._ended())
        try:
            while not ending.done():
                await self.traffic.burst(fault=self.symptom)
            decided = await ending
        finally:
            ending.cancel()
        bad, first = self.traffic.bad, self.traffic.first_bad
        if first is None:
            raise Failed("it was taken back before anything had failed")
        workers = await self._applied(await self._state())
        took = max((node.applied_after or 0.0 for node in workers), default=0.0)
        told = (
            f"{decided - first:.2f} s after the first failure, everywhere {took:.3f} s later; "
            f"{bad['rescued']} reads rescued, {bad['failed']} failed"
        )
        counts = {name: bad[name] for name in ("rescued", "failed", "slow")}
        return told, {"decided_after": decided - first, "applied_after": took, **counts}

    async def _held(self) -> Found:
        """Stable's answers are compared, and the candidate's are wrong."""
        began = self.clock()
        while True:
            self._runs(await self._state())
            verdict = await self._verdict()
            if verdict and verdict.why is Why.COMPARISON and "differ" in verdict.sentence:
                break
            await self.traffic.burst(fault=self.symptom)
        found = self.clock() - began
        return f"after {found:.2f} s: {verdict.sentence}", {"held_after": found}

    async def _unnoticed(self) -> Found:
        others = {what: n for what, n in self.traffic.outside.items() if what != (200, "v1")}
        if others:
            raise Failed(f"not all were served by v1: {others}")
        asked = self.traffic.outside.total()
        return f"{asked} requests of others, all answered by v1", {"requests": asked}

    async def _recorded(self) -> Found:
        events = await self.steering.history(self._id)
        broken = verify(events)
        if broken is not None:
            raise Failed(f"entry {broken.number}: {broken.what}")
        return f"{len(events)} entries, and everything follows", {"entries": len(events)}

    async def _as_before(self, before: tuple[UUID | None, str]) -> Found:
        await self._applied(await self._state())
        status = await self.steering.status()
        now = (status.release.id if status.release else None, status.source)
        if now != before or status.share > NOTHING:
            raise Failed(f"now {status.share.percent} %: {status.source}")
        left = [each for each in await self.traffic.burst() if each.engine != "v1"]
        if left:
            raise Failed(f"{len(left)} of {TOGETHER} who took part are not back on v1")
        return f"0 %: {status.source}", {}

    async def _applied(self, release: Release) -> Sequence[NodeSeen]:
        """Every worker, once it serves this routing or a later one."""
        try:
            async with asyncio.timeout(AGREED):
                while True:
                    nodes = await self.steering.nodes.seen()
                    fresh = [node for node in nodes if node.heard_ago < FRESH]
                    if fresh and all(node.state.epoch >= release.epoch for node in fresh):
                        return fresh
                    await asyncio.sleep(SOON)
        except TimeoutError:
            raise Failed("not every worker serves what is in force") from None

    async def _until(self, condition: Callable[[Release], bool]) -> Release:
        while not condition(release := await self._state()):
            self._runs(release)
            await asyncio.sleep(SOON)
        return release

    async def _ended(self) -> float:
        while not (await self._state()).ended:  # noqa: ASYNC110 - another process ends it
            await asyncio.sleep(SOON)
        return self.clock()

    async def _state(self) -> Release:
        assert self._id is not None  # noqa: S101 - started before any step
        release = await self.steering.store.get(self._id)
        assert release is not None  # noqa: S101 - nothing deletes it
        return release

    @staticmethod
    def _runs(release: Release) -> None:
        if release.ended:
            raise Failed(f"it ended too early: {release.phase}")

    async def _verdict(self) -> Verdict | None:
        return (await self.steering.status()).verdict

    async def _end(self, release_id: UUID) -> None:
        """This one and no other: it may have ended, and another have begun."""
        async with self.steering.store.held() as held:
            if held is None or held.release.id != release_id or held.release.ended:
                return
            ended = held.release.abort(held.now)
            entry = Entry(
                actor=self.actor, reason=self.reason, kind="aborted", body={"to": where(ended)}
            )
            await held.move(ended, entry)


def plan(symptom: Symptom) -> Plan:
    return Plan.from_json(MEMBERS | (COMPARED if symptom is Symptom.DIFFERENCE else ALONE))
