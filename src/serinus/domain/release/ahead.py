"""What comes next for a release, as far as it depends on nothing that is still to be seen."""

from dataclasses import dataclass
from datetime import datetime

from serinus.domain.release.assignment import EVERYTHING, NOTHING, Share
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan_members import Gate
from serinus.domain.release.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """The next step: up, or, of a release that rolls back, down.

    `not_before`: the earliest time of it; proofs may take longer. `opened`: a person has opened
    the manual gate. What the gate of comparison waits for, only the judge knows.
    """

    phase: Phase
    share: Share
    not_before: datetime
    gate: Gate = Gate.NONE
    opened: bool = False

    @property
    def waits_for_a_person(self) -> bool:
        return self.gate is Gate.MANUAL and not self.opened


def ahead(release: Release) -> Ahead | None:
    """None where it has ended: there is nothing to come."""
    match release.phase:
        case Phase.COMPARING | Phase.RAMPING:
            return _up(release)
        case Phase.BAKING:
            earliest = release.since + release.least_time
            return Ahead(phase=Phase.COMPLETE, share=EVERYTHING, not_before=earliest)
        case Phase.ROLLING_BACK:
            return _down(release)
        case Phase.COMPLETE | Phase.ROLLED_BACK | Phase.ABORTED:
            return None


def _up(release: Release) -> Ahead:
    plan, stage = release.plan, release.next_stage
    assert stage is not None  # noqa: S101 - in these phases there is one
    last = stage == len(plan.stages) - 1
    return Ahead(
        phase=Phase.BAKING if last else Phase.RAMPING,
        share=plan.baked if last else plan.stages[stage],
        not_before=release.since + release.least_time,
        gate=plan.gate(stage),
        opened=release.gate_open,
    )


def _down(release: Release) -> Ahead:
    share = release.plan.rollback_stages[release.stage + 1]
    return Ahead(
        phase=Phase.ROLLED_BACK if share == NOTHING else Phase.ROLLING_BACK,
        share=share,
        not_before=release.since + release.plan.rollback_dwell,
    )
