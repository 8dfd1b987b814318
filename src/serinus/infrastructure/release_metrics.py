"""What is told of a release, for Prometheus: by who judges, and by who serves stable only."""

from collections.abc import Callable
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge

from serinus.domain.release.verdict import Kind, Reading, Verdict, Why


class Heard(Protocol):
    @property
    def says(self) -> str:
        """Why this worker serves stable only, '' where it does not."""
        ...

    @property
    def unjudged(self) -> float:
        """Seconds since the release that runs was judged; 0: none runs."""
        ...


class ReleaseMetrics:
    """`verdict`: the last one of this worker, None while another one judges."""

    def __init__(
        self,
        registry: CollectorRegistry,
        heard: Heard,
        verdict: Callable[[], Verdict | None],
    ) -> None:
        self._heard, self._verdict = heard, verdict
        self._stable_only = _gauge(
            registry,
            "stable_only",
            "Workers that serve engine v1 only, whatever the share of the release is.",
            mode="livesum",
        )
        self._judges = _gauge(
            registry, "judges", "1 in the worker that judges.", mode="livesum"
        )
        self._unjudged = _gauge(
            registry,
            "unjudged_seconds",
            "Since the release that runs was judged; 0: none runs.",
            mode="livemax",
        )
        self._kind = _gauge(registry, "verdict", "1 for the last verdict.", "kind")
        self._hold = _gauge(registry, "hold", "1 for what the last verdict waits for.", "why")
        labels = ("guardrail", "arm")
        self._evidence = _gauge(
            registry, "log_e", "Evidence against a limit: the logarithm of E.", *labels
        )
        self._threshold = _gauge(
            registry, "log_threshold", "Where the evidence is enough to act.", *labels
        )
        self._spent = _gauge(
            registry, "risk_spent", "Probability of a false rollback that is used up."
        )

    def refresh(self) -> None:
        verdict = self._verdict()
        self._stable_only.set(bool(self._heard.says))
        self._unjudged.set(self._heard.unjudged)
        self._judges.set(verdict is not None)
        if verdict is None:
            return
        for kind in Kind:
            self._kind.labels(kind).set(kind is verdict.kind)
        for why in Why:
            self._hold.labels(why).set(why is verdict.why)
        self._spent.set(verdict.spent)
        for reading in verdict.readings:
            if reading.route is None:  # which route is beyond its limit says the verdict
                self._tell(reading)

    def _tell(self, reading: Reading) -> None:
        arm = reading.arm or ""
        self._evidence.labels(reading.guardrail, arm).set(reading.log_e)
        self._threshold.labels(reading.guardrail, arm).set(reading.log_threshold)


def _gauge(
    registry: CollectorRegistry,
    name: str,
    meaning: str,
    *labels: str,
    mode: str = "livemostrecent",
) -> Gauge:
    return Gauge(
        f"serinus_release_{name}",
        meaning,
        labels,
        registry=registry,
        multiprocess_mode=mode,  # type: ignore[arg-type] # one of its literals
    )
