"""What is told of webhooks, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from serinus.domain.release.webhook import Step


class WebhookMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "serinus_webhook_attempts",
            "Attempts to deliver. Outcome `failed`: there will be another one.",
            ("outcome",),
            registry=registry,
        )
        self._oldest = Gauge(
            "serinus_webhook_oldest_seconds",
            "Since what waits longest to be delivered was to be told; 0: nothing waits.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._seen = 0.0

    def attempted(self, step: Step) -> None:
        outcome = (
            "delivered" if step.delivered else "given_up" if step.wait is None else "failed"
        )
        self._attempts.labels(outcome).inc()

    def oldest(self, seconds: float) -> None:
        self._seen = seconds

    def refresh(self) -> None:
        self._oldest.set(self._seen)
