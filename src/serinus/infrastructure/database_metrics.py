"""How long the database takes, for Prometheus.

Counted in plain numbers where it happens, and looked at now and then, as `cache_metrics` does.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter

from serinus.application.asked import Asked


class DatabaseMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._statements = Counter(
            "serinus_database_queries",
            "Statements that the database was asked, of those that requests wait for.",
            ("engine",),
            registry=registry,
        )
        self._seconds = Counter(
            "serinus_database_query_seconds",
            "What they took together, until all rows were there.",
            ("engine",),
            registry=registry,
        )
        self._asked: dict[str, Asked] = {}

    def asked(self, engine: str) -> Callable[[float], None]:
        """What is told the seconds of each statement."""
        return self._asked.setdefault(engine, Asked()).add

    def refresh(self) -> None:
        for engine, asked in self._asked.items():
            statements, seconds = asked.statements, asked.seconds
            asked.statements, asked.seconds = 0, 0.0
            self._statements.labels(engine).inc(statements)
            self._seconds.labels(engine).inc(seconds)
