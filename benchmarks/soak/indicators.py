"""The five indicators of service and the memory, and what is asked of them."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

from benchmarks.soak.watching import TARGET, Sample

MOST_ERRORS = 0.005  # of all requests
MOST_P99 = TARGET * 1000  # ms
MOST_GROWTH = 0.1  # from the middle to the end, of memory without what the cache keeps
SPAN = 0.2  # of the run: what is called its start, middle and end

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Route:
    """As its consumers saw it; times in ms."""

    name: str
    requests: int
    failures: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB of all processes of the server, PostgreSQL's apart."""

    start: float
    middle: float
    end: float
    growth: float  # of what is not the cache's, from the middle to the end


@dataclass(frozen=True, slots=True)
class Summary:
    """`p50`, `p99`: ms, as consumers saw them. `query_ms`: of PostgreSQL, for each request."""

    seconds: float
    requests: int
    failures: int
    error_rate: float
    p50: float
    p99: float
    above_target: float  # share of requests, as the server counted them
    server_errors: float
    throughput: float
    engines: Mapping[str, float]  # share of requests
    cache_hit_ratio: float
    query_ms: float
    transaction_ms: float
    processors: float  # in use by the server, PostgreSQL apart
    processors_busy: float  # in use by everything on the machine, of `processors_here`
    processors_here: int
    memory: Memory
    routes: Sequence[Route]

    def broken(self) -> list[str]:
        """What was promised and not kept, one line each."""
        found = []
        if self.requests == 0:
            found.append("no request was made")
        if self.error_rate > MOST_ERRORS:
            found.append(f"error rate {self.error_rate:.2%}, at most {MOST_ERRORS:.1%}")
        if self.p99 >= MOST_P99:
            found.append(f"p99 {self.p99:.0f} ms, less than {MOST_P99:.0f} ms")
        if self.memory.growth > MOST_GROWTH:
            found.append(f"memory grew by {self.memory.growth:.0%}, at most {MOST_GROWTH:.0%}")
        return found


def summary(entries: Sequence[Mapping[str, Any]], samples: Sequence[Sample]) -> Summary:
    """`entries`: what locust counted, one for each route."""
    first, last = samples[0], samples[-1]
    times = _added(entries)
    requests, failures = times.total(), sum(each["num_failures"] for each in entries)
    asked = sum(last.requests.values()) - sum(first.requests.values())
    began = min((each["start_time"] for each in entries), default=0.0)
    ended = max((each["last_request_timestamp"] or began for each in entries), default=0.0)
    looked_up = last.hits - first.hits + last.misses - first.misses
    statements = last.statements_ms - first.statements_ms
    return Summary(
        seconds=ended - began,
        requests=requests,
        failures=failures,
        error_rate=_part(failures, requests),
        p50=percentile(times, 0.5),
        p99=percentile(times, 0.99),
        above_target=1 - _part(last.within - first.within, asked),
        server_errors=last.errors - first.errors,
        throughput=_part(requests, ended - began),
        engines={
            name: _part(count - first.requests.get(name, 0), asked)
            for name, count in sorted(last.requests.items())
        },
        cache_hit_ratio=_part(last.hits - first.hits, looked_up),
        query_ms=_part(statements, asked),
        transaction_ms=_part(statements, last.transactions - first.transactions),
        processors=_part(last.used - first.used, last.at - first.at),
        processors_busy=_part(last.busy - first.busy, last.at - first.at),
        processors_here=os.cpu_count() or 1,
        memory=_memory(samples),
        routes=sorted((_route(each) for each in entries), key=lambda route: -route.requests),
    )


def percentile(times: Counter[int], part: float) -> float:
    """Nearest rank; locust counts to the ms below 100 ms, and to two digits above."""
    wanted, passed = part * times.total(), 0
    for value in sorted(times):
        passed += times[value]
        if passed >= wanted:
            return float(value)
    return 0.0


def rates(samples: Sequence[Sample]) -> list[tuple[float, float, float, float]]:
    """Between two looks: when, requests a second, cache hit ratio, ms of queries a request."""
    found = []
    for before, after in pairwise(samples):
        asked = sum(after.requests.values()) - sum(before.requests.values())
        looked_up = after.hits - before.hits + after.misses - before.misses
        found.append(
            (
                after.at,
                _part(asked, after.at - before.at),
                _part(after.hits - before.hits, looked_up),
                _part(after.statements_ms - before.statements_ms, asked),
            )
        )
    return found


def resident(sample: Sample) -> float:
    return sum(sample.memory.values()) / MIB


def _memory(samples: Sequence[Sample]) -> Memory:
    size = max(1, int(len(samples) * SPAN))
    at = (len(samples) - size) // 2
    spans = samples[:size], samples[at : at + size], samples[-size:]
    start, middle, end = (fmean(resident(each) for each in span) for span in spans)
    own = [fmean(resident(each) - each.cache_bytes / MIB for each in span) for span in spans]
    return Memory(start, middle, end, own[2] / own[1] - 1)


def _added(entries: Sequence[Mapping[str, Any]]) -> Counter[int]:
    times: Counter[int] = Counter()
    for each in entries:
        times.update(_times(each))
    return times


def _times(entry: Mapping[str, Any]) -> dict[int, int]:
    return {int(float(value)): count for value, count in entry["response_times"].items()}


def _route(entry: Mapping[str, Any]) -> Route:
    times = Counter(_times(entry))
    return Route(
        f"{entry['method']} {entry['name']}",
        entry["num_requests"],
        entry["num_failures"],
        percentile(times, 0.5),
        percentile(times, 0.99),
    )


def _part(value: float, of: float) -> float:
    return value / of if of else 0.0
