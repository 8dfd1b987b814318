"""What stands around both engines, in microseconds per request. Prints a table.

    python benchmarks/edge_cost.py [--seconds 1]

In front of an application that answers at once, everything a request passes: context, rate
limit in memory, switch, compression, metrics, and the access log, written to nowhere.
`SERINUS_WORKERS=2 python ...` counts as several workers do, in shared files.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter, process_time
from typing import TextIO

import uuid_utils

from serinus.domain.release.assignment import Routing, Share
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.metrics_folder import metrics_folder
from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send
from serinus.presentation.http.compression import Compression
from serinus.presentation.http.deprecation import Deprecation, Successors
from serinus.presentation.http.front import Front
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.request_context import Observe, RequestContext
from serinus.presentation.http.route_table import RouteTable

BUDGET = 30.0  # microseconds
BODY = b'{"success":true,"data":null,"message":null,"error":null}'
POST = "posts/0190b2f4-5a3c-7d10-8e2f-1234567890ab"
CREDENTIALS = (
    "Bearer eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJzZXJpbnVzIiwiYXVkIjoic2VyaW51cyIsInN1YiI6IjAxOTBi"
    "MmY0LTVhM2MtN2QxMC04ZTJmLTEyMzQ1Njc4OTBhYiIsInNpZCI6IjAxOTBiMmY0LTVhM2MtN2QxMC04ZTJmLTEy"
    "MzQ1Njc4OTBhYiIsImlhdCI6MSwiZXhwIjoyfQ.c2ln"
)
HEADERS = [
    (b"host", b"cms.example"),
    (b"user-agent", b"benchmark"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"authorization", CREDENTIALS.encode()),
]


async def engine(_: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


def edge(limit: int, observers: Sequence[Observe], *, deprecated: bool = False) -> App:
    from serinus.presentation.http.admission import Admission  # noqa: PLC0415 - after the folder
    from serinus.presentation.http.v1.turned_away import turn_away  # noqa: PLC0415

    async def nobody(_: str | None, _key: str | None) -> bool:
        return False

    def admitted() -> App:
        limiter = MemoryRateLimiter()
        return Admission(app=engine, limiter=limiter, limit=limit, refuse=turn_away)

    in_force = InForce(Routing(share=Share(5000), origin="benchmark", epoch=3))
    switch = GenerationSwitch(
        stable=admitted(), candidate=admitted(), in_force=in_force, may_override=nobody
    )
    front = Front(
        v1=switch,
        v2=admitted(),
        v2_disabled=None,
        metrics=engine,
        release=engine,
        in_force=in_force,
    )
    at = datetime(2030, 1, 1, tzinfo=UTC) if deprecated else None
    outer = Deprecation(
        app=front, deprecated_at=at, sunset_at=at, successors=Successors(lambda _: True)
    )
    return RequestContext(
        Compression(outer), lambda: str(uuid_utils.uuid7()), observers=observers
    )


def scope(path: str) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": HEADERS,
        "client": ("127.0.0.1", 4711),
        "scheme": "http",
        "state": {},
    }


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def sink(_: Message) -> None:
    pass


async def cost(app: App, path: str, seconds: float) -> float:
    """Microseconds of a processor, of the best of many rounds: others use the machine, too."""
    best, until = float("inf"), perf_counter() + seconds
    while perf_counter() < until:
        began = process_time()
        for _ in range(500):
            await app(scope(path), receive, sink)
        best = min(best, (process_time() - began) / 500)
    return best * 1e6


def observers() -> dict[str, Observe]:
    """After the folder is there: what shares files is decided at the import."""
    from serinus.infrastructure.metrics import Metrics  # noqa: PLC0415
    from serinus.presentation.http.accounting import AccessLog, RouteCounter  # noqa: PLC0415
    from serinus.wiring.documents import documentation  # noqa: PLC0415

    routes = RouteTable(documentation().document()["paths"])
    return {
        "metrics": RouteCounter(routes, Metrics("benchmark").count),
        "access log": AccessLog(),
    }


async def measure(seconds: float) -> list[tuple[str, float]]:
    bare = await cost(engine, "/", seconds)
    notes = observers()
    everything = list(notes.values())
    rows = [
        ("contract v1, nothing counted, no limit", edge(0, []), "v1"),
        ("contract v2, nothing counted, no limit", edge(0, []), "v2"),
        ("contract v1 with rate limit", edge(10**9, []), "v1"),
        ("contract v1 with metrics", edge(0, [notes["metrics"]]), "v1"),
        ("contract v1 with access log", edge(0, [notes["access log"]]), "v1"),
        ("contract v1 with deprecation headers", edge(0, [], deprecated=True), "v1"),
        ("contract v1, everything", edge(10**9, everything, deprecated=True), "v1"),
        ("contract v2, everything", edge(10**9, everything), "v2"),
    ]
    return [
        (name, await cost(app, f"/api/{contract}/{POST}", seconds) - bare)
        for name, app, contract in rows
    ]


def report(rows: list[tuple[str, float]], out: TextIO) -> None:
    shown = [*rows, ("budget", BUDGET)]
    out.writelines(f"{name:42} {microseconds:6.1f} us\n" for name, microseconds in shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each row")
    seconds: float = parser.parse_args().seconds
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no path of ours
        shown, sys.stderr = sys.stderr, nowhere
        from serinus.infrastructure.logs import configure_logs  # noqa: PLC0415

        configure_logs("info", "json")
        if int(os.environ.get("SERINUS_WORKERS", "1")) > 1:
            with metrics_folder():
                rows = asyncio.run(measure(seconds))
        else:
            rows = asyncio.run(measure(seconds))
        sys.stderr = shown
    report(rows, sys.stdout)


if __name__ == "__main__":
    main()
