"""What a look at the evidence ends in.

Apart from the judge, who makes it, and from the release, which it moves: so neither has to know
the other.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.phase import Phase


class Kind(StrEnum):
    """In the order of what goes first: safety."""

    EMERGENCY = "emergency"
    ROLL_BACK = "roll_back"
    STEP_BACK = "step_back"
    HOLD = "hold"
    ADVANCE = "advance"


class Why(StrEnum):
    """Why it is a hold."""

    SHARED_CAUSE = "shared_cause"
    BAD_SPLIT = "bad_split"
    COMPARISON = "comparison"
    GATE = "gate"
    DWELL = "dwell"
    NEEDS_MORE = "needs_more"
    NO_TRAFFIC = "no_traffic"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One test as it stands. `log_e` and `log_threshold` are natural logarithms; `needed`:
    requests until a proof, about; None where none is looked for, or where the rate seen is not
    below the limit.
    """

    guardrail: str
    arm: Arm | None
    requests: int
    bad: int
    limit: float
    log_e: float
    log_threshold: float
    breached: bool = field(init=False)
    route: str | None = None
    proven: bool = False
    needed: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "breached", self.log_e >= self.log_threshold)

    @property
    def rate(self) -> float:
        return self.bad / self.requests if self.requests else 0.0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        given = {name: member for name, member in value.items() if name != "breached"}
        return cls(**{**given, "arm": None if value["arm"] is None else Arm(value["arm"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`why` is None unless it is a hold. `sentence` is for people. `spent`: the probability of
    a false rollback used up so far.
    """

    kind: Kind
    sentence: str
    why: Why | None = None
    guardrail: str | None = None
    route: str | None = None
    needed: int | None = None
    readings: tuple[Reading, ...] = ()
    alerts: tuple[str, ...] = ()
    spent: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` gave, read back from JSON."""
        why = value["why"]
        return cls(
            **{
                **value,
                "kind": Kind(value["kind"]),
                "why": None if why is None else Why(why),
                "readings": tuple(Reading.from_json(each) for each in value["readings"]),
                "alerts": tuple(value["alerts"]),
            }
        )


@dataclass(frozen=True, slots=True)
class ComparisonState:
    """Answers that were compared, by route; how many differed; routes where nobody has said
    why. Of pairs in which one arm alone failed: `worse`, where it was the candidate, and
    `better`, where it was stable. `incomparable`: routes that cannot be compared, and nobody
    has said why that may be.
    """

    compared: Mapping[str, int] = field(default_factory=dict)
    differing: int = 0
    unexplained: tuple[str, ...] = ()
    worse: int = 0
    better: int = 0
    incomparable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where the release stands while it is looked at. `stage`: of the plan's stages.

    `since_epoch`: the first one of this stage.
    """

    phase: Phase
    stage: int
    share: Share
    since_epoch: int
    in_stage: timedelta
    gate_open: bool = False
    paused: bool = False
    comparison: ComparisonState | None = None
    workers: int = 1
