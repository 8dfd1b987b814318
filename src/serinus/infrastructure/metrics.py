"""What this service counts, for Prometheus.

With several workers each writes files of its own into one folder, and whichever is asked adds
them up: the multiprocess mode of prometheus-client, which it chooses by its variable when it is
imported. `metrics_folder` makes that folder.
"""

import asyncio
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from serinus.infrastructure.database_metrics import DatabaseMetrics
from serinus.infrastructure.metrics_folder import (
    VARIABLE,
    forget_dead_workers,
    forget_predecessor,
)

# An edge at 0.2 s: "p99 within 200 ms" is "at most 1 % of requests above it", exactly.
LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5)  # seconds
WAITS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds
REFRESH = 1.0  # seconds between two looks at what is not counted but measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy one engine is at this moment."""

    pool_limit: int
    pool_size: int  # connections that are open
    pool_used: int
    pool_waiting: int  # requests that wait for one
    passwords_waiting: int


@dataclass(frozen=True, slots=True)
class Release:
    """`share`: of contract v1's traffic on engine v2, from 0 to 1."""

    epoch: int
    share: float


class Metrics:
    """The numbers of this worker; `text` gives those of all."""

    def __init__(self, version: str) -> None:
        folder = os.environ.get(VARIABLE)
        self._folder = Path(folder) if folder else None
        if self._folder:
            forget_predecessor(self._folder)
        self._registry = CollectorRegistry()
        self._define_requests()
        self._define_load()
        self._define_release(version)
        self._database = DatabaseMetrics(self._registry)
        self._loads: dict[str, Callable[[], Load]] = {}
        self._more: list[Callable[[], None]] = []
        self._release: Callable[[], Release] | None = None
        self._in_flight: Callable[[], int] = int
        self._latencies: dict[tuple[str, str, str, str], Histogram] = {}
        self._counters: dict[tuple[tuple[str, str, str, str], str], Counter] = {}

    def count(self, labels: tuple[str, str, str, str], status: str, seconds: float) -> None:
        """One request. `labels`: contract, engine, route, method."""
        counter = self._counters.get((labels, status))
        if counter is None:
            counter = self._counters[labels, status] = self._requests.labels(*labels, status)
            self._latencies[labels] = self._durations.labels(*labels)
        counter.inc()
        self._latencies[labels].observe(seconds)

    def waited_for_passwords(self, engine: str) -> Callable[[float], None]:
        """What is told the seconds that a password waited until it was its turn."""
        return self._password_waits.labels(engine).observe

    def asked_database(self, engine: str) -> Callable[[float], None]:
        """What is told the seconds that the database took for a statement."""
        return self._database.asked(engine)

    def watch(
        self,
        loads: dict[str, Callable[[], Load]],
        release: Callable[[], Release],
        in_flight: Callable[[], int],
    ) -> None:
        """What to look at when somebody wants to know."""
        self._loads, self._release, self._in_flight = loads, release, in_flight

    def also(self, define: Callable[[CollectorRegistry], Callable[[], None]]) -> None:
        """More to look at: `define` gives what brings it up to date."""
        self._more.append(define(self._registry))

    async def keep_fresh(self) -> None:
        """For ever, so that another worker that is asked knows of this one."""
        while True:
            self.refresh()
            await asyncio.sleep(REFRESH)

    async def text(self) -> bytes:
        """In the text format of Prometheus. Reading many workers' files takes a thread."""
        self.refresh()
        return await asyncio.to_thread(self._collect)

    def refresh(self) -> None:
        self._now_in_flight.set(self._in_flight())
        for engine, look in self._loads.items():
            load = look()
            self._password_queue.labels(engine).set(load.passwords_waiting)
            self._pool_limit.labels(engine).set(load.pool_limit)
            self._pool_size.labels(engine).set(load.pool_size)
            self._pool_used.labels(engine).set(load.pool_used)
            self._pool_waiting.labels(engine).set(load.pool_waiting)
        self._database.refresh()
        for refresh in self._more:
            refresh()
        if self._release is not None:
            found = self._release()
            self._epoch.set(found.epoch)
            self._share.set(found.share)

    def _collect(self) -> bytes:
        if self._folder is None:
            return generate_latest(self._registry)
        forget_dead_workers(self._folder)
        everything = CollectorRegistry()
        MultiProcessCollector(everything, str(self._folder))  # type: ignore[no-untyped-call] # its own
        return generate_latest(everything)

    def _define_requests(self) -> None:
        labels = ("contract", "engine", "route", "method")
        self._requests = Counter(
            "serinus_http_requests",
            "Requests answered. Status `none`: the client went away before there was one.",
            (*labels, "status"),
            registry=self._registry,
        )
        self._durations = Histogram(
            "serinus_http_request_duration_seconds",
            "From the request's arrival until its answer was handed to the server.",
            labels,
            buckets=LATENCIES,
            registry=self._registry,
        )
        self._now_in_flight = self._gauge("serinus_http_requests_in_flight", "Requests now.")

    def _define_load(self) -> None:
        self._password_waits = Histogram(
            "serinus_password_wait_seconds",
            "Until a password's turn came to be hashed or verified.",
            ("engine",),
            buckets=WAITS,
            registry=self._registry,
        )
        queue = "Passwords waiting to be hashed or verified."
        self._password_queue = self._gauge("serinus_password_queue_length", queue, "engine")
        pool = "serinus_database_pool"
        self._pool_limit = self._gauge(f"{pool}_limit", "Connections allowed.", "engine")
        self._pool_size = self._gauge(f"{pool}_size", "Connections open.", "engine")
        self._pool_used = self._gauge(f"{pool}_used", "Connections in use.", "engine")
        waiting = "Requests waiting for a connection."
        self._pool_waiting = self._gauge(f"{pool}_waiting", waiting, "engine")

    def _define_release(self, version: str) -> None:
        epoch = "Grows by one with every change of routing."
        self._epoch = self._gauge("serinus_routing_epoch", epoch, mode="livemax")
        share = "Share of contract v1 that engine v2 serves, from 0 to 1."
        self._share = self._gauge("serinus_routing_share", share, mode="livemostrecent")
        build = self._gauge(
            "serinus_build_info", "Always 1.", "version", "python", mode="livemax"
        )
        build.labels(version, platform.python_version()).set(1)

    def _gauge(self, name: str, meaning: str, *labels: str, mode: str = "livesum") -> Gauge:
        return Gauge(
            name,
            meaning,
            labels,
            registry=self._registry,
            multiprocess_mode=mode,  # type: ignore[arg-type] # one of its literals
        )
