"""A release under the judge's eyes, look by look, on made-up traffic."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.evidence import Cell, Counts
from serinus.domain.release.judge import look
from serinus.domain.release.memory import Memory
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.verdict import ComparisonState, Situation, Verdict

#: Nothing but the evidence is waited for.
SWIFT = Plan.from_json(
    {"dwell": "0s", "baseline": "0s", "bake": "0s", "gates": {"first": "none"}}
)
#: Consumers that are the candidate's at every stage of it, and the last ones to become it.
FIRST, LAST = 0, 255
NOBODY = Counts()


@dataclass(slots=True)
class Trial:
    """Ramping at 10 % as it begins. `verdict`: what the last look ended in."""

    plan: Plan = SWIFT
    phase: Phase = Phase.RAMPING
    stage: int = 0
    share: Share = field(default_factory=lambda: Share(1_000))
    epoch: int = 1
    in_stage: timedelta = timedelta()
    paused: bool = False
    gate_open: bool = False
    comparison: ComparisonState | None = None
    memory: Memory = field(default_factory=Memory)
    verdict: Verdict | None = None

    @property
    def situation(self) -> Situation:
        return Situation(
            phase=self.phase,
            stage=self.stage,
            share=self.share,
            since_epoch=self.epoch,
            in_stage=self.in_stage,
            gate_open=self.gate_open,
            paused=self.paused,
            comparison=self.comparison,
        )

    def look(self, candidate: Counts = NOBODY, stable: Counts = NOBODY) -> Verdict:
        """A second later, on one route."""
        return self.see(
            [
                cell
                for cell in (self.ours(candidate), self.theirs(stable))
                if cell.counts != NOBODY
            ]
        )

    def see(self, news: Sequence[Cell], seconds: float = 1.0) -> Verdict:
        self.in_stage += timedelta(seconds=seconds)
        self.verdict, self.memory = look(self.plan, self.situation, news, self.memory)
        return self.verdict

    def ours(self, counts: Counts, route: str = "/a", stratum: int = FIRST) -> Cell:
        return Cell(self.epoch, Arm.CANDIDATE, route, stratum, counts)

    def theirs(self, counts: Counts, route: str = "/a", stratum: int = LAST) -> Cell:
        return Cell(self.epoch, Arm.STABLE, route, stratum, counts)

    def known(self, requests: int = 20_000, errors: int = 20) -> "Trial":
        """What stable did with everybody before the candidate served anyone."""
        ramping = self.epoch
        before = replace(self.situation, phase=Phase.COMPARING, share=Share(0))
        news = [self.theirs(Counts(requests, errors), stratum=n) for n in (FIRST, LAST)]
        _, self.memory = look(self.plan, before, news, self.memory)
        self.enter(self.phase, self.stage, self.share)
        assert self.epoch == ramping + 1
        return self

    def enter(self, phase: Phase, stage: int, share: Share) -> None:
        self.phase, self.stage, self.share = phase, stage, share
        self.epoch, self.in_stage = self.epoch + 1, timedelta()
