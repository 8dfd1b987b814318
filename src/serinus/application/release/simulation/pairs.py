"""Answers of stable's that are compared in a simulation, as often as workers compare them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from serinus.application.release.doubt import CLOSER
from serinus.application.release.simulation.drawing import Draw, poisson
from serinus.application.release.simulation.traffic import ROUTES
from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import Counts
from serinus.domain.release.in_force import shadow
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import ComparisonState


@dataclass(slots=True)
class Pairs:
    """`reads`: part of the requests. What differs otherwise than by failing is not made up."""

    draw: Draw
    reads: float
    workers: int
    _compared: float = 0.0
    _worse: int = 0
    _better: int = 0
    _closer: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._closer = [0.0] * self.workers

    def after(
        self, release: Release, counts: Mapping[Arm, Counts], fails: Mapping[Arm, float]
    ) -> None:
        """A look at what both arms did. `fails`: which part of stable's reads each arm fails,
        as if alone.
        """
        stable = counts[Arm.STABLE]
        reads = stable.requests * self.reads
        compared = self._of(reads, shadow(release))
        if compared:
            self._compared += compared
            part = compared / stable.requests * (1.0 - fails[Arm.CANDIDATE])
            self._better += sum(self.draw.random() < part for _ in range(stable.errors))
            well = 1.0 - fails[Arm.STABLE]
            self._worse += poisson(self.draw, compared * well * fails[Arm.CANDIDATE])
        for _ in range(min(counts[Arm.CANDIDATE].errors, 10 * self.workers)):
            self._closer[self.draw.randrange(self.workers)] = CLOSER

    def state(self) -> ComparisonState | None:
        if not self._compared:
            return None
        answers = {route: int(part * self._compared) for route, part in ROUTES.items()}
        return ComparisonState(answers, worse=self._worse, better=self._better)

    def _of(self, reads: float, sample: float) -> float:
        """How many of so many are compared. For a failure all that the sample leaves out."""
        if not sample:
            return 0.0
        compared = reads * sample
        for worker, left in enumerate(self._closer):
            closer = min(left, reads * (1.0 - sample) / self.workers)
            self._closer[worker] -= closer
            compared += closer
        return compared
