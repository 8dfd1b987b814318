"""What is looked at under load: the server's own metrics, its memory, its database."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import asyncpg
import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.soak.site import Site

METRICS = "/api/v1/metrics"
TARGET = 0.2  # seconds, an edge of the histogram


@dataclass(frozen=True, slots=True)
class Sample:
    """Totals since the server's start, but for memory."""

    at: float  # seconds since the first look
    requests: dict[str, float]  # by engine
    errors: float  # answers with 5xx
    within: float  # requests answered within `TARGET`
    hits: float
    misses: float
    cache_bytes: float
    statements_ms: float  # PostgreSQL's time in statements
    transactions: float
    memory: dict[int, int]  # resident bytes, by process
    used: float  # seconds of processors, by the server, PostgreSQL apart
    busy: float  # seconds of processors, by everything on the machine


@dataclass
class Watch:
    site: Site
    every: float  # seconds
    samples: list[Sample] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """From a thread, for as long as the block lasts."""
        thread = threading.Thread(target=lambda: asyncio.run(self._watch()), name="watch")
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    async def _watch(self) -> None:
        began = monotonic()
        connection = await asyncpg.connect(self.site.database)
        try:
            async with httpx.AsyncClient(base_url=self.site.server.address, timeout=30) as http:
                while True:
                    self.samples.append(
                        await self._sample(monotonic() - began, http, connection)
                    )
                    if await asyncio.to_thread(self._ended.wait, self.every):
                        break
                self.samples.append(await self._sample(monotonic() - began, http, connection))
        finally:
            await connection.close()

    async def _sample(
        self, at: float, http: httpx.AsyncClient, connection: "asyncpg.Connection"
    ) -> Sample:
        metrics = Metrics((await http.get(METRICS)).text)
        row = await connection.fetchrow(DATABASE)
        assert row is not None  # noqa: S101 - the database has a row about itself
        statements, transactions = row
        processes = serving(self.site.server.process.pid or 0)
        return Sample(
            at=at,
            requests=metrics.by("serinus_http_requests_total", "engine"),
            errors=metrics.total("serinus_http_requests_total", status="5"),
            within=metrics.total(
                "serinus_http_request_duration_seconds_bucket", le=str(TARGET)
            ),
            hits=metrics.total("serinus_cache_hits_total"),
            misses=metrics.total("serinus_cache_misses_total"),
            cache_bytes=metrics.total("serinus_cache_bytes"),
            statements_ms=statements,
            transactions=transactions,
            memory={process.pid: int(process.memory_info().rss) for process in processes},
            used=sum(sum(process.cpu_times()[:2]) for process in processes),
            busy=busy(),
        )


class Metrics:
    """The text format of Prometheus, added up."""

    def __init__(self, text: str) -> None:
        self._samples = [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def total(self, name: str, **labels: str) -> float:
        """Of the samples whose labels begin so."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name
            and all(sample.labels.get(key, "").startswith(at) for key, at in labels.items())
        )

    def by(self, name: str, label: str) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for sample in self._samples:
            if sample.name == name:
                found[sample.labels[label]] += sample.value
        return dict(found)


def serving(server: int) -> list[psutil.Process]:
    """The server's processes; PostgreSQL's are its supervisor's."""
    first = psutil.Process(server)
    return [
        process
        for process in [first, *first.children(recursive=True)]
        if process.status() != psutil.STATUS_ZOMBIE and "postgres" not in process.name()
    ]


def busy() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


#: Of all that work in this database; asyncpg's own look is among them.
DATABASE = """
    SELECT active_time, (xact_commit + xact_rollback)::float8
      FROM pg_stat_database WHERE datname = current_database()
"""
