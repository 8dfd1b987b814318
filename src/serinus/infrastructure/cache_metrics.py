"""What is counted of kept answers, for Prometheus.

They are counted in plain numbers where they happen, and looked at now and then: a counter that
workers share costs more than all else that finding an answer does.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from serinus.infrastructure.memory.answers import Counts
from serinus.infrastructure.redis.answers import SharedCounts

HERE, SHARED = "memory", "redis"
COUNTED = {
    "hits": "Answers that were found.",
    "misses": "Answers that were looked for and not found.",
    "kept": "Answers that were kept.",
    "discarded": "Answers that were not kept: what they show changed while they were made.",
    "hit_age": "Ages of the answers that were found, in seconds, all together.",
    "invalidated": "Messages of changes.",
    "evicted": "Answers that gave way to others.",
    "failed": "Times that Redis did not answer.",
}


class CacheMetrics:
    """`following`: whether this worker is told of changes."""

    def __init__(
        self,
        registry: CollectorRegistry,
        counts: Counts,
        shared: SharedCounts | None,
        following: Callable[[], bool],
    ) -> None:
        self._layers: dict[str, Counts | SharedCounts] = {HERE: counts}
        if shared is not None:
            self._layers[SHARED] = shared
        self._here = counts
        self._following = following
        self._told: dict[tuple[str, str], float] = {}
        self._counters = {
            name: Counter(f"serinus_cache_{name}", meaning, ("layer",), registry=registry)
            for name, meaning in COUNTED.items()
        }
        self._bytes = _gauge(registry, "bytes", "Memory that kept answers take.", "livesum")
        self._entries = _gauge(registry, "entries", "Answers kept in memory.", "livesum")
        told = "1 while every worker is told of changes; 0: some keep nothing."
        self._following_gauge = _gauge(registry, "following", told, "livemin")

    def refresh(self) -> None:
        for layer, counts in self._layers.items():
            for name in COUNTED:
                self._count(layer, name, getattr(counts, name, None))
        self._bytes.set(self._here.bytes)
        self._entries.set(self._here.entries)
        self._following_gauge.set(self._following())

    def _count(self, layer: str, name: str, value: float | None) -> None:
        if value is not None:
            told = self._told.get((layer, name), 0)
            self._counters[name].labels(layer).inc(value - told)
            self._told[layer, name] = value


def _gauge(registry: CollectorRegistry, name: str, meaning: str, mode: str) -> Gauge:
    return Gauge(
        f"serinus_cache_{name}",
        meaning,
        registry=registry,
        multiprocess_mode=mode,  # type: ignore[arg-type] # one of its literals
    )
