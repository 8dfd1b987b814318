"""A worker's own emergency test: it takes its share back without asking anybody.

It looks at nothing but what this worker has seen in this epoch. The null is five times the
limit of errors; the alternatives lie far beyond it, so that three requests in a row that fail
are enough (see `eprocess` for why it may look after each of them). After many that went well
some more are, and no worker has to make up for days of them (see `late_onset`). What stable
does meanwhile tells a candidate's fault from a cause that both share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, log

from serinus.domain.release import budget
from serinus.domain.release.eprocess import HIGHEST, log_factor, log_mean_exp
from serinus.domain.release.late_onset import LateOnset

#: The null, as a multiple of the limit.
GROSS = 5.0
#: Alternatives, as multiples of the null.
TIMES = (5.0, 30.0, 40.0)
#: Of the risk of a false rollback, for all workers together.
PART = budget.EMERGENCY * budget.TRIPWIRE
#: Of that part, of what fails from the start, and of what does later.
EARLY, LATE = 0.9, 0.1
#: Seconds for which what an arm did speaks of the present.
WINDOW = 5.0
#: Seconds after a shared cause in which nothing tells against the candidate: what was asked
#: meanwhile ends late, and engines do not recover at the same moment.
RECOVERY = 5.0
HIGHEST_NULL = 0.5


@dataclass(slots=True)
class _Window:
    """An arm's requests lately: this window and the one before it."""

    began: float = 0.0
    requests: int = 0
    failed: int = 0
    before: tuple[int, int] = (0, 0)

    def note(self, at: float, *, failed: bool) -> None:
        self._turn(at)
        self.requests += 1
        self.failed += failed

    def lately(self, at: float) -> tuple[int, int]:
        """Requests, and how many of them failed."""
        self._turn(at)
        return self.requests + self.before[0], self.failed + self.before[1]

    def _turn(self, at: float) -> None:
        age = at - self.began
        if age >= WINDOW:
            self.before = (self.requests, self.failed) if age < 2 * WINDOW else (0, 0)
            self.began, self.requests, self.failed = at, 0, 0


@dataclass(slots=True)
class Tripwire:
    """`limit`: of errors, as the plan has it; `risk`: of a false rollback, all in all.

    Times are seconds of any clock that does not run backwards.
    """

    limit: float
    risk: float
    requests: int = 0
    failed: int = 0
    _of_one: tuple[Sequence[float], Sequence[float]] = field(init=False)
    _late: LateOnset = field(default_factory=LateOnset)
    _settled_until: float = -inf
    _candidate: _Window = field(default_factory=_Window)
    _stable: _Window = field(default_factory=_Window)

    def __post_init__(self) -> None:
        self._of_one = (self._factors(0, 1), self._factors(1, 1))

    def stable(self, at: float, *, failed: bool) -> None:
        """Also of a request that the candidate failed, and stable was asked for instead."""
        self._stable.note(at, failed=failed)

    def candidate(self, at: float, *, failed: bool) -> None:
        self._candidate.note(at, failed=failed)
        if at < self._settled_until:
            return
        self.requests += 1
        self.failed += failed
        self._late = self._late.grown(self._of_one[failed])

    def breached(self, workers: int) -> bool:
        """Beyond any doubt more than five times the limit. `workers` share the risk."""
        log_e = log_mean_exp(self._factors(self.failed, self.requests))
        threshold = log(max(1, workers) / (PART * self.risk))
        return log_e >= threshold - log(EARLY) or self._late.log_e >= threshold - log(LATE)

    def _factors(self, failed: int, requests: int) -> list[float]:
        null = min(HIGHEST_NULL, GROSS * self.limit)
        return [
            log_factor(failed, requests, null, min(HIGHEST, null * times)) for times in TIMES
        ]

    def shared(self, at: float) -> bool | None:
        """Whether stable fails the same way in the same seconds; then what failed so far is
        settled by it, and what was before the recovery tells nothing of the time after. None
        where stable was not asked lately.
        """
        theirs, ours = self._stable.lately(at), self._candidate.lately(at)
        if not theirs[0]:
            return None
        alike = 2 * theirs[1] * ours[0] >= ours[1] * theirs[0]
        if alike:
            self.requests = self.failed = 0
            self._late = self._late.begun()
            self._candidate, self._stable = _Window(at), _Window(at)
            self._settled_until = at + RECOVERY
        return alike
