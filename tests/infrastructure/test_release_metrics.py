"""What is told of a release."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from serinus.domain.release.assignment import Arm
from serinus.domain.release.verdict import Kind, Reading, Verdict, Why
from serinus.infrastructure.release_metrics import ReleaseMetrics


@dataclass
class Silent:
    says: str = "heard nothing for 10 s"
    unjudged: float = 12.5


def reading(route: str | None) -> Reading:
    return Reading(
        guardrail="error_rate",
        arm=Arm.CANDIDATE,
        requests=100,
        bad=1,
        limit=0.005,
        log_e=1.5,
        log_threshold=6.0,
        route=route,
    )


def test_the_worker_that_judges_tells_where_every_guardrail_stands() -> None:
    registry, judging = CollectorRegistry(), [False]
    verdict = Verdict(
        kind=Kind.HOLD,
        why=Why.GATE,
        sentence="wait",
        readings=(reading(None), reading("/a")),
        spent=0.002,
    )
    metrics = ReleaseMetrics(registry, Silent(), lambda: verdict if judging[0] else None)

    def told(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"serinus_release_{name}", labels)

    metrics.refresh()
    assert (told("stable_only"), told("judges")) == (1, 0)
    assert told("unjudged_seconds") == 12.5
    assert told("verdict", kind="hold") is None

    judging[0] = True
    metrics.refresh()
    of = {"guardrail": "error_rate", "arm": "candidate"}
    assert (told("log_e", **of), told("log_threshold", **of)) == (1.5, 6.0)
    assert (told("verdict", kind="hold"), told("verdict", kind="advance")) == (1, 0)
    assert (told("hold", why="gate"), told("hold", why="dwell")) == (1, 0)
    assert (told("judges"), told("risk_spent")) == (1, 0.002)
