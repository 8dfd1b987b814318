"""What became of one simulated release."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from serinus.domain.release.assignment import Share
from serinus.domain.release.evidence import Counts
from serinus.domain.release.phase import Phase
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Kind, Verdict

#: Verdicts that take share back.
SAFETY = frozenset({Kind.EMERGENCY, Kind.ROLL_BACK, Kind.STEP_BACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One look. `requests`: of the candidate in its stage. The logarithms are of its errors."""

    seconds: float
    share: int
    requests: int
    log_e: float
    log_threshold: float
    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """When share was taken back first. `requests`, `failed` and `seconds`: of the candidate,
    since its fault began.
    """

    kind: Kind
    guardrail: str
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`stages`: seconds spent in each that was left for the next one, by where it was. `held`:
    seconds by why. `failed`: of the candidate's requests since its fault began until it had no
    share any more; `rescued` of them were answered by stable. `touched`: part of the consumers
    who were on the candidate meanwhile.
    """

    phase: Phase
    went_back: bool
    step_backs: int
    seconds: float
    looks: int
    stages: dict[str, float]
    held: dict[str, float]
    caught: Caught | None
    requests: int
    failed: int
    rescued: int
    touched: float
    trace: tuple[Point, ...] = ()

    @property
    def taken_back(self) -> bool:
        """To 0, or on the way there."""
        return self.went_back or self.phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}


@dataclass(slots=True)
class Observer:
    """Writes down what happens in a simulated release. `numbers`: its consumers' buckets."""

    numbers: Sequence[int]
    traced: bool
    looks: int = 0
    step_backs: int = 0
    went_back: bool = False
    requests: int = 0
    failed: int = 0
    rescued: int = 0
    caught: Caught | None = None
    trace: list[Point] = field(default_factory=list)
    _faulty_since: float | None = None
    _entered: float = 0.0
    _highest: int = 0
    _stages: dict[str, float] = field(default_factory=dict)
    _held: dict[str, float] = field(default_factory=dict)

    def served(self, ours: Counts, began: float, share: Share, until: int | None) -> None:
        """By the candidate at fault. `until`: the request with which a worker tripped."""
        part = 1.0 if until is None else until / ours.requests
        self.requests += ours.requests if until is None else until
        self.failed += round(part * ours.errors)
        self.rescued += round(part * ours.rescued)
        self._faulty_since = began if self._faulty_since is None else self._faulty_since
        self._highest = max(self._highest, share.basis_points)

    def looked(
        self, verdict: Verdict, before: Release, after: Release, now: float, seconds: float
    ) -> None:
        """`seconds`: since the look before."""
        self.looks += 1
        if verdict.why is not None:
            self._held[verdict.why] = self._held.get(verdict.why, 0.0) + seconds
        if verdict.kind in SAFETY and after is not before:
            self._taken_back(verdict, after, now)
        if after.since_epoch != before.since_epoch:
            if verdict.kind is Kind.ADVANCE:
                self._stages.setdefault(where(before), now - self._entered)
            self._entered = now
        if self.traced:
            self.trace.append(_point(verdict, after, now))

    def ended(self, release: Release, now: float) -> Outcome:
        touched = sum(number < self._highest for number in self.numbers)
        return Outcome(
            phase=release.phase,
            went_back=self.went_back,
            step_backs=self.step_backs,
            seconds=now,
            looks=self.looks,
            stages=self._stages,
            held=self._held,
            caught=self.caught,
            requests=self.requests,
            failed=self.failed,
            rescued=self.rescued,
            touched=touched / len(self.numbers),
            trace=tuple(self.trace),
        )

    def _taken_back(self, verdict: Verdict, after: Release, now: float) -> None:
        self.step_backs += verdict.kind is Kind.STEP_BACK
        self.went_back |= after.phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}
        since = self._faulty_since
        if self.caught is None and since is not None:
            self.caught = Caught(
                kind=verdict.kind,
                guardrail=verdict.guardrail or "",
                requests=self.requests,
                seconds=now - since,
            )


def where(release: Release) -> str:
    """Its stage in a word or a number."""
    match release.phase:
        case Phase.RAMPING:
            return f"{release.share.percent} %"
        case _:
            return str(release.phase)


def _point(verdict: Verdict, after: Release, now: float) -> Point:
    errors = verdict.readings[0]
    return Point(
        seconds=now,
        share=after.share.basis_points,
        requests=errors.requests,
        log_e=max(errors.log_e, -50.0),
        log_threshold=errors.log_threshold,
        kind=verdict.kind,
        sentence=verdict.sentence,
    )
