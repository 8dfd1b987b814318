"""What is told of kept answers."""

from prometheus_client import CollectorRegistry

from serinus.infrastructure.cache_metrics import CacheMetrics
from serinus.infrastructure.memory.answers import Counts
from serinus.infrastructure.redis.answers import SharedCounts


def test_each_layer_is_told_apart_and_nothing_twice() -> None:
    registry = CollectorRegistry()
    here, shared = Counts(hits=3, hit_age=4.5, bytes=1000, entries=2), SharedCounts(failed=1)
    metrics = CacheMetrics(registry, here, shared, following=lambda: True)

    metrics.refresh()
    here.hits += 2
    metrics.refresh()

    def told(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"serinus_cache_{name}", labels)

    assert told("hits_total", layer="memory") == 5
    assert told("hits_total", layer="redis") == 0
    assert told("hit_age_total", layer="memory") == 4.5
    assert told("failed_total", layer="redis") == 1
    assert told("failed_total", layer="memory") is None
    assert (told("bytes"), told("entries"), told("following")) == (1000, 2, 1)
