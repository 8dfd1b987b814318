"""All that one verdict was made of, as it stands on record; made again, it is the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.evidence import Cell, Counts
from serinus.domain.release.judge import look
from serinus.domain.release.memory import Memory
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import ComparisonState, Kind, Situation, Verdict, Why

#: Who acts, and by what, when a worker's own test has failed.
TRIPWIRE = "tripwire"
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`memory`: from before the look; `news`: what had come in since the look before."""

    plan: Plan
    situation: Situation
    news: tuple[Cell, ...]
    memory: Memory

    def made(self) -> tuple[Verdict, Memory]:
        return look(self.plan, self.situation, self.news, self.memory)

    def to_json(self) -> dict[str, Any]:
        """Without the plan, which stands at the beginning of the record."""
        return {
            "situation": _situation(self.situation),
            "news": [
                [cell.epoch, cell.arm, cell.route, cell.stratum, cell.counts.to_json()]
                for cell in self.news
            ],
            "memory": self.memory.to_json(),
        }

    @classmethod
    def from_json(cls, plan: Plan, value: Mapping[str, Any]) -> Self:
        """What `to_json` gave, read back from JSON."""
        return cls(
            plan=plan,
            situation=_read_situation(value["situation"]),
            news=tuple(
                Cell(epoch, Arm(arm), route, stratum, Counts.from_json(counts))
                for epoch, arm, route, stratum, counts in value["news"]
            ),
            memory=Memory.from_json(value["memory"]),
        )


def emergency(found: Verdict, reason: str) -> Verdict:
    """A worker's own test has failed: it has seen what the sums of all may hide. Not where the
    judge sees that stable fails the same way.
    """
    if found.why is Why.SHARED_CAUSE:
        return found
    return replace(found, kind=Kind.EMERGENCY, why=None, guardrail=TRIPWIRE, sentence=reason)


def situation_of(release: Release, at: datetime, seen: Situation) -> Situation:
    """What the release says of itself, in place of what stands in `seen`."""
    return replace(
        seen,
        phase=release.phase,
        stage=release.stage,
        share=release.share,
        since_epoch=release.since_epoch,
        in_stage=at - release.since,
        gate_open=release.gate_open,
        paused=release.paused,
    )


def _situation(situation: Situation) -> dict[str, Any]:
    state = situation.comparison
    return {
        "phase": situation.phase,
        "stage": situation.stage,
        "share": situation.share.basis_points,
        "since_epoch": situation.since_epoch,
        "in_stage": situation.in_stage // MICROSECOND,
        "gate_open": situation.gate_open,
        "paused": situation.paused,
        "workers": situation.workers,
        "comparison": state
        and {
            "compared": dict(state.compared),
            "differing": state.differing,
            "unexplained": list(state.unexplained),
            "worse": state.worse,
            "better": state.better,
            "incomparable": list(state.incomparable),
        },
    }


def _read_situation(value: Mapping[str, Any]) -> Situation:
    state = value["comparison"]
    return Situation(
        phase=Phase(value["phase"]),
        stage=value["stage"],
        share=Share(value["share"]),
        since_epoch=value["since_epoch"],
        in_stage=value["in_stage"] * MICROSECOND,
        gate_open=value["gate_open"],
        paused=value["paused"],
        workers=value["workers"],
        comparison=state
        and ComparisonState(
            compared=state["compared"],
            differing=state["differing"],
            unexplained=tuple(state["unexplained"]),
            worse=state["worse"],
            better=state["better"],
            incomparable=tuple(state.get("incomparable", ())),
        ),
    )
