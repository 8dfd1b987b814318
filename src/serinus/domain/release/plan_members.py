"""The parts of a plan that are values of their own: gates, limits, risks. Each reads itself."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from serinus.domain.release.plan_tables import Table

ALERTS = ("cache_hits", "db_time", "throughput")


class Gate(StrEnum):
    """What must be there before a stage is entered, beside the proofs."""

    NONE = "none"
    COMPARISON = "comparison"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class ErrorRate:
    slo: float = 0.005


@dataclass(frozen=True, slots=True)
class Slow:
    """Less than `slo` of the requests may take longer than `over_ms` milliseconds."""

    over_ms: int = 200
    slo: float = 0.01


@dataclass(frozen=True, slots=True)
class Relative:
    """How many times as often as stable the candidate may fail, or be slow."""

    error_ratio: float = 1.5
    slow_ratio: float = 1.5


@dataclass(frozen=True, slots=True)
class Guardrails:
    """`alerts`: what is watched and told, and decides nothing."""

    error_rate: ErrorRate = field(default_factory=ErrorRate)
    slow: Slow = field(default_factory=Slow)
    relative: Relative = field(default_factory=Relative)
    alerts: tuple[str, ...] = ALERTS

    @classmethod
    def read(cls, table: Table) -> Self:
        errors, slow = table.table("error_rate"), table.table("slow")
        relative = table.table("relative")
        return cls(
            error_rate=ErrorRate(errors.fraction("slo", 0.005)),
            slow=Slow(slow.whole("over_ms", 200, 1, 60_000), slow.fraction("slo", 0.01)),
            relative=Relative(
                relative.real("error_ratio", 1.5, 1.0, 100.0),
                relative.real("slow_ratio", 1.5, 1.0, 100.0),
            ),
            alerts=tuple(
                name
                for name in ALERTS
                if table.table(name).choice("action", ["alert", "none"], "alert") == "alert"
            ),
        )

    def to_json(self) -> dict[str, object]:
        actions = {name: "alert" if name in self.alerts else "none" for name in ALERTS}
        return {
            "error_rate": {"slo": self.error_rate.slo},
            "slow": {"over_ms": self.slow.over_ms, "slo": self.slow.slo},
            "relative": {
                "error_ratio": self.relative.error_ratio,
                "slow_ratio": self.relative.slow_ratio,
            },
            **{name: {"action": action} for name, action in actions.items()},
        }


@dataclass(frozen=True, slots=True)
class Risk:
    """Probabilities: of rolling back what is healthy, of calling proven what is not."""

    false_rollback: float = 0.01
    false_proof: float = 0.05

    @classmethod
    def read(cls, table: Table) -> Self:
        return cls(
            false_rollback=table.fraction("false_rollback", 0.01),
            false_proof=table.fraction("false_proof", 0.05),
        )


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compared requests on each route with traffic, the true rate of differences they have to
    prove, and the part of stable's reads that is compared once there is traffic.
    """

    least_requests: int = 50
    limit: float = 0.002
    sample: float = 0.05

    @classmethod
    def read(cls, table: Table) -> Self:
        return cls(
            least_requests=table.whole("least_requests", 50, 0, 1_000_000),
            limit=table.fraction("limit", 0.002),
            sample=table.real("sample", 0.05, 0.0, 1.0),
        )
