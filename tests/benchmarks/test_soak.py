"""What the soak test makes of its numbers."""

from typing import Any

import pytest

from benchmarks.soak.indicators import MIB, Summary, summary
from benchmarks.soak.report import page
from benchmarks.soak.watching import Metrics, Sample

FAST, SLOW = {"5": 980, "190": 20}, {"5": 980, "210": 20}


def a_route(times: dict[str, int], failures: int = 0) -> dict[str, Any]:
    return {
        "method": "GET",
        "name": "/api/v1/posts",
        "num_requests": sum(times.values()),
        "num_failures": failures,
        "start_time": 100.0,
        "last_request_timestamp": 200.0,
        "response_times": times,
    }


def looks(memory: list[float], *, cache: list[float] | None = None) -> list[Sample]:
    """One look a second; memory and of it the cache in MiB."""
    return [
        Sample(
            at=float(number),
            requests={"v1": 10.0 * number, "v2": 30.0 * number},
            errors=0,
            within=40.0 * number,
            hits=9.0 * number,
            misses=1.0 * number,
            cache_bytes=kept * MIB,
            statements_ms=80.0 * number,
            transactions=20.0 * number,
            memory={1: int(size * MIB)},
            used=0.5 * number,
            busy=1.5 * number,
        )
        for number, (size, kept) in enumerate(
            zip(memory, cache or [0.0] * len(memory), strict=True)
        )
    ]


def of(times: dict[str, int], memory: list[float], failures: int = 0) -> Summary:
    return summary([a_route(times, failures)], looks(memory))


def test_the_indicators_are_those_of_the_time_that_was_watched() -> None:
    found = of(FAST, [200.0] * 10)

    assert (found.requests, found.throughput, found.error_rate) == (1000, 10.0, 0.0)
    assert (found.p50, found.p99) == (5, 190)
    assert found.cache_hit_ratio == pytest.approx(0.9)
    assert (found.query_ms, found.transaction_ms) == (2.0, 4.0)
    assert (found.processors, found.processors_busy) == (0.5, 1.5)
    assert found.engines == {"v1": 0.25, "v2": 0.75}
    assert found.broken() == []


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (of(FAST, [200.0] * 10, failures=6), "error rate"),
        (of(SLOW, [200.0] * 10), "p99"),
        (of(FAST, [200.0 + 10 * number for number in range(10)]), "memory"),
        (of({}, [200.0] * 10), "no request"),
    ],
    ids=["errors", "slow", "leak", "idle"],
)
def test_what_is_not_kept_is_told(found: Summary, why: str) -> None:
    (line,) = found.broken()

    assert why in line


def test_a_cache_that_fills_is_no_leak() -> None:
    filling = [float(5 * number) for number in range(10)]

    found = summary([a_route(FAST)], looks([200.0 + kept for kept in filling], cache=filling))

    assert found.memory.growth == pytest.approx(0)
    assert found.broken() == []


def test_metrics_are_added_up_over_their_labels() -> None:
    found = Metrics(
        'a_total{engine="v1",status="200"} 3\n'
        'a_total{engine="v1",status="500"} 1\n'
        'a_total{engine="v2",status="503"} 2\n'
    )

    assert found.total("a_total") == 6
    assert found.total("a_total", status="5") == 3
    assert found.by("a_total", "engine") == {"v1": 4, "v2": 2}


def test_the_report_asks_nobody_for_anything() -> None:
    html = page(of(FAST, [200.0] * 10), looks([200.0] * 10), "a <load>")

    assert "a &lt;load&gt;" in html
    assert 'src="http' not in html
