"""What a look at the evidence ends in.

Apart from the judge, who makes it, and from the release, which it moves: so neither has to know
the other.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from serinus.domain.release.assignment import Arm


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
    requests until a proof, about; None where none is looked for.
    """

    guardrail: str
    arm: Arm | None
    route: str | None
    requests: int
    bad: int
    limit: float
    log_e: float
    log_threshold: float
    breached: bool
    proven: bool
    needed: int | None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        arm = value["arm"]
        return cls(**{**value, "arm": None if arm is None else Arm(arm)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`why` is None unless it is a hold. `sentence` is for people. `spent`: the probability of
    a false rollback used up so far.
    """

    kind: Kind
    why: Why | None
    sentence: str
    guardrail: str | None
    route: str | None
    needed: int | None
    readings: tuple[Reading, ...]
    alerts: tuple[str, ...]
    spent: float

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
