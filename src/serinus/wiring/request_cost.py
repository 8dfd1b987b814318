"""What the switch and the evidence cost a request, and after how many a worker trips: both in
this process, on the parts that serve.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter, process_time
from uuid import UUID

from serinus.application.release.doubt import Doubt
from serinus.application.release.evidence_counters import EvidenceCounters
from serinus.application.release.simulation.claims import Measured
from serinus.domain.release.assignment import EVERYTHING, Routing, Share
from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send
from serinus.presentation.http.evidence import Evidence
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.rescue import Ceiling, Rescuer
from serinus.presentation.http.route_table import RouteTable

BUDGET = 30.0  # microseconds
SECONDS = 2.0  # of measuring
ROUND = 500  # requests between two looks at the clock
MOST_REQUESTS = 3  # until a worker trips
WORKERS = (1, 2, 8)
PATH = "/api/v1/posts/0190b2f4-5a3c-7d10-8e2f-1234567890ab"


def cost() -> Measured:
    """Of a processor, in the best of many rounds: others use the machine, too."""
    switch, evidence = _switch(Share(5_000), _well, workers=2, trip=lambda _: None)
    both = asyncio.run(_best(switch, evidence))
    bare = asyncio.run(_best(_well, None))
    microseconds = 1e6 * (both - bare)
    return Measured(f"{microseconds:.1f} us", microseconds <= BUDGET)


def tripping() -> Measured:
    """Reads, and writes, that nobody else is asked for."""
    found = {
        (method, workers): asyncio.run(_until_tripped(method, workers))
        for method in ("GET", "POST")
        for workers in WORKERS
    }
    most = max(found.values())
    text = f"{most} requests at most, reads or writes, 1 to {WORKERS[-1]} workers"
    return Measured(text, most <= MOST_REQUESTS)


async def _best(app: App, evidence: Evidence | None) -> float:
    best, until = float("inf"), perf_counter() + SECONDS
    while perf_counter() < until:
        began = process_time()
        for number in range(ROUND):
            scope = _scope("GET", f"consumer-{number}")
            await app(scope, _receive, _send)
            if evidence is not None:
                evidence(scope, 200, 0, 0.001)
        best = min(best, (process_time() - began) / ROUND)
    return best


async def _until_tripped(method: str, workers: int) -> int:
    tripped: list[str] = []
    switch, evidence = _switch(EVERYTHING, _fails, workers=workers, trip=tripped.append)
    for number in range(1, 1_000):
        scope = _scope(method, f"consumer-{number}")
        await switch(scope, _receive, _send)
        rescued = scope["state"]["attempt"].rescue is not None
        evidence(scope, 200 if rescued else 500, 0, 0.001)
        await asyncio.sleep(0)  # whoever asks stable has its answer
        await asyncio.sleep(0)
        if tripped:
            return number
    return 1_000


def _switch(
    share: Share, candidate: App, *, workers: int, trip: Callable[[str], None]
) -> tuple[GenerationSwitch, Evidence]:
    async def nobody(_: str | None, _key: str | None) -> bool:
        return False

    async def works() -> bool:
        return True

    routing = Routing(
        share=share, origin="measured", epoch=1, release_id=UUID(int=1), watched=True
    )
    switch = GenerationSwitch(
        stable=_well,
        candidate=candidate,
        in_force=InForce(routing),
        may_override=nobody,
        routes=RouteTable(("/api/v1/posts", "/api/v1/posts/{post_id}", "/api/v1/tags")),
        rescuer=Rescuer(_well, 10.0, Ceiling(1_000)),
    )
    return switch, Evidence(EvidenceCounters(), lambda: workers, trip, works, Doubt())


def _scope(method: str, consumer: str) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": PATH,
        "headers": [(b"host", b"cms.example"), (b"x-client-id", consumer.encode())],
        "state": {"client_address": "127.0.0.1", "request_id": consumer},
    }


async def _well(_: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _fails(_: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_: Message) -> None:
    pass
