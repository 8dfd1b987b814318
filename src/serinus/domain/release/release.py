"""One release: where it stands, and where it can go from there.

    comparing -> ramping (stage by stage) -> baking -> complete
        any of them -> rolling_back (stage by stage) -> rolled_back, or aborted at once

Frozen: a transition returns the next state, the same one where nothing moves. Verdicts move it,
and people do, within the same rules: nothing but a proof makes the share grow, and only by one
stage; pausing holds that alone, never what is for safety.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Self
from uuid import UUID

from serinus.domain.errors import Conflict
from serinus.domain.release.assignment import EVERYTHING, NOTHING, Share
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.plan_members import Gate
from serinus.domain.release.verdict import Kind, Verdict

Refusal = Literal[
    "ended",
    "rolling_back",
    "paused",
    "not_paused",
    "no_manual_gate",
    "gate_is_open",
    "lowest_stage",
    "too_late",
]


class NotAllowed(Conflict):
    """What was asked for has no place where the release stands; `why` is public API."""

    code: ClassVar = "release_not_allowed"

    def __init__(self, why: Refusal, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """`stage`: of the plan's stages, while rolling back of its rollback stages. `since` and
    `since_epoch`: of this phase and stage; `epoch` grows with every change of the routing,
    `version` with every change. `gate_open`: the gate before the next stage, by a person.
    `drill`: what the keys of those who take part begin with; None: everybody.
    """

    id: UUID
    salt: str
    plan: Plan
    phase: Phase
    stage: int
    share: Share
    paused: bool
    gate_open: bool
    since: datetime
    since_epoch: int
    first_epoch: int
    epoch: int
    version: int
    started_at: datetime
    ended_at: datetime | None
    drill: str | None = None

    @classmethod
    def start(
        cls,
        release_id: UUID,
        salt: str,
        plan: Plan,
        at: datetime,
        *,
        epoch: int,
        drill: str | None = None,
    ) -> Self:
        """At share 0, comparing. `epoch`: the next one."""
        return cls(
            id=release_id,
            salt=salt,
            plan=plan,
            phase=Phase.COMPARING,
            stage=0,
            share=NOTHING,
            paused=False,
            gate_open=False,
            since=at,
            since_epoch=epoch,
            first_epoch=epoch,
            epoch=epoch,
            version=1,
            started_at=at,
            ended_at=None,
            drill=drill,
        )

    @property
    def ended(self) -> bool:
        return self.phase.ended

    @property
    def next_stage(self) -> int | None:
        """That the next advance leads to; None where no stage is left."""
        match self.phase:
            case Phase.COMPARING:
                return 0
            case Phase.RAMPING:
                return self.stage + 1
            case _:
                return None

    @property
    def least_time(self) -> timedelta:
        """To be spent here before the share may grow."""
        match self.phase:
            case Phase.COMPARING:
                return self.plan.baseline
            case Phase.RAMPING:
                return self.plan.dwell
            case _:
                return self.plan.bake

    def after(self, verdict: Verdict, at: datetime) -> Self:
        """Total: whatever the verdict, there is a next state."""
        if self.ended:
            return self
        if verdict.kind == Kind.EMERGENCY:
            return self._moved(Phase.ROLLED_BACK, len(self.plan.rollback_stages) - 1, at)
        if self.phase is Phase.ROLLING_BACK:
            # No verdict is asked for: what was found out holds.
            return self._back(at) if at - self.since >= self.plan.rollback_dwell else self
        return self._judged(verdict.kind, at)

    def _judged(self, kind: Kind, at: datetime) -> Self:
        if kind == Kind.ROLL_BACK or (kind == Kind.STEP_BACK and self.lowest):
            return self._back(at)
        if kind == Kind.STEP_BACK:
            return self._stepped_back(at)
        advances = kind == Kind.ADVANCE and self._may_advance(at)
        return self._advanced(at) if advances else self

    def promote(self, _at: datetime) -> Self:
        """Open the manual gate; the proofs are still asked for. Raise `NotAllowed`."""
        self._runs()
        if self.paused:
            raise NotAllowed("paused", "the release is paused: resume it first")
        if self.next_stage is None or self.plan.gate(self.next_stage) is not Gate.MANUAL:
            raise NotAllowed("no_manual_gate", "the next stage does not wait for a person")
        if self.gate_open:
            raise NotAllowed("gate_is_open", "the gate before the next stage is open")
        return replace(self, gate_open=True, version=self.version + 1)

    def pause(self, _at: datetime) -> Self:
        """The share does not grow; it still comes back. Raise `NotAllowed`."""
        self._runs()
        if self.paused:
            raise NotAllowed("paused", "the release is paused")
        return replace(self, paused=True, version=self.version + 1)

    def resume(self, _at: datetime) -> Self:
        """Raise `NotAllowed`."""
        self._runs()
        if not self.paused:
            raise NotAllowed("not_paused", "the release is not paused")
        return replace(self, paused=False, version=self.version + 1)

    def step_back(self, at: datetime) -> Self:
        """One stage down. Raise `NotAllowed`."""
        self._runs()
        if self.lowest:
            raise NotAllowed("lowest_stage", "there is no stage below: roll back, or abort")
        return self._stepped_back(at)

    def roll_back(self, at: datetime) -> Self:
        """Down the rollback stages. Raise `NotAllowed`."""
        self._runs()
        return self._back(at)

    def abort(self, at: datetime) -> Self:
        """To 0 at once, whatever goes on; a completed release too, for a while. Raise
        `NotAllowed`.
        """
        if self.phase is Phase.COMPLETE:
            if at - self.since > self.plan.re_rollback:
                raise NotAllowed("too_late", "the release has been complete for too long")
        elif self.ended:
            raise NotAllowed("ended", "the release has ended, its share is 0")
        return self._moved(Phase.ABORTED, self.stage, at)

    def pinned(self) -> Self:
        """Somebody's arm was chosen: another routing, where it stands is the same."""
        return replace(self, epoch=self.epoch + 1, version=self.version + 1)

    @property
    def lowest(self) -> bool:
        """No ramping stage is below."""
        return self.phase is Phase.COMPARING or self.stage == 0

    def _runs(self) -> None:
        if self.ended:
            raise NotAllowed("ended", "the release has ended")
        if self.phase is Phase.ROLLING_BACK:
            raise NotAllowed("rolling_back", "the release is rolling back; it can be aborted")

    def _may_advance(self, at: datetime) -> bool:
        """The judge has looked at it all. That the share grows is asked for twice."""
        stage = self.next_stage
        waits = stage is not None and self.plan.gate(stage) is Gate.MANUAL
        opened = self.gate_open or not waits
        return opened and not self.paused and at - self.since >= self.least_time

    def _advanced(self, at: datetime) -> Self:
        stage, last = self.next_stage, len(self.plan.stages) - 1
        if stage is None:
            return self._moved(Phase.COMPLETE, last, at)
        return self._moved(Phase.BAKING if stage == last else Phase.RAMPING, stage, at)

    def _stepped_back(self, at: datetime) -> Self:
        return self._moved(Phase.RAMPING, self.stage - 1, at)

    def _back(self, at: datetime) -> Self:
        """To the first rollback stage below; the last of them is 0."""
        stages = self.plan.rollback_stages
        below = (
            n for n, share in enumerate(stages) if share < self.share or not share.basis_points
        )
        stage = next(below)
        ends = stages[stage] == NOTHING
        return self._moved(Phase.ROLLED_BACK if ends else Phase.ROLLING_BACK, stage, at)

    def _moved(self, phase: Phase, stage: int, at: datetime) -> Self:
        return replace(
            self,
            phase=phase,
            stage=stage,
            share=self._share(phase, stage),
            paused=self.paused and not phase.ended and phase is not Phase.ROLLING_BACK,
            gate_open=False,
            since=at,
            since_epoch=self.epoch + 1,
            epoch=self.epoch + 1,
            version=self.version + 1,
            ended_at=at if phase.ended else None,
        )

    def _share(self, phase: Phase, stage: int) -> Share:
        match phase:
            case Phase.RAMPING:
                return self.plan.stages[stage]
            case Phase.BAKING:
                return self.plan.baked
            case Phase.COMPLETE:
                return EVERYTHING
            case Phase.ROLLING_BACK:
                return self.plan.rollback_stages[stage]
            case _:  # comparing, or taken back
                return NOTHING
