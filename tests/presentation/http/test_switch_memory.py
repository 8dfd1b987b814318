"""However many consumers there are, the switch and its evidence keep the same little."""

import asyncio
import gc
import tracemalloc
from dataclasses import replace
from uuid import UUID

from serinus.application.release.doubt import Doubt
from serinus.application.release.evidence_counters import (
    MOST_EPOCHS,
    Batch,
    EvidenceCounters,
    Seen,
)
from serinus.domain.release.assignment import Arm, Routing, Share
from serinus.domain.release.evidence import MOST_ROUTES, STRATA
from serinus.presentation.http.asgi import Message, Receive, Scope, Send
from serinus.presentation.http.evidence import Evidence
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.rescue import Ceiling, Rescuer
from serinus.presentation.http.route_table import RouteTable

RELEASE = Routing(
    share=Share(5000), origin="test", epoch=1, release_id=UUID(int=1), watched=True
)
ROUTES = [f"/api/v1/route-{n}" for n in range(MOST_ROUTES + 20)]
STEP = 10_000  # consumers


async def engine(_: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def sink(_: Message) -> None:
    pass


async def nobody(_: str | None, _key: str | None) -> bool:
    return False


class Worker:
    def __init__(self) -> None:
        self.counters, self.in_force = EvidenceCounters(), InForce(RELEASE)
        self.evidence = Evidence(self.counters, lambda: 1, lambda _: None, None, Doubt())
        self.switch = GenerationSwitch(
            stable=engine,
            candidate=engine,
            in_force=self.in_force,
            may_override=nobody,
            routes=RouteTable(ROUTES),
            rescuer=Rescuer(engine, 2.0, Ceiling(200)),
        )

    async def serve(self, consumers: range, routes: int = len(ROUTES)) -> None:
        """`routes`: that they ask for, beside paths that somebody made up."""
        for number in consumers:
            if number % 100 == 0:
                await asyncio.sleep(0)  # the loop clears away what was cancelled
            known = ROUTES[number % routes]
            scope = {
                "type": "http",
                "method": "HEAD" if number % 4 else "POST",
                "path": known if number % 3 else f"/made-up/{number}",
                "headers": [(b"x-client-id", b"consumer %d" % number)],
                "state": {"client_address": "127.0.0.1"},
            }
            await self.switch(scope, nothing, sink)
            self.evidence(scope, 200, 0, 0.001)


async def test_what_is_kept_does_not_grow_with_consumers() -> None:
    worker, kept = Worker(), []
    tracemalloc.start()
    try:
        for step in range(3):
            await worker.serve(range(step * STEP, (step + 1) * STEP), routes=5)
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()

    batch = worker.counters.take()
    assert sum(counts[0] for counts in batch.counts.values()) == 3 * STEP
    assert len(batch.counts) <= (STRATA + 1) * 6
    # After the first ones each place has been seen; a key alone would be 60 bytes.
    assert (kept[2] - kept[1]) / STEP < 5


async def test_what_is_flushed_at_once_has_an_end_however_many_paths_there_are() -> None:
    worker = Worker()
    await worker.serve(range(2 * STEP))

    batch = worker.counters.take()

    # Half of the strata is the candidate's, half is stable's, and one may be split.
    assert len(batch.counts) <= (STRATA + 1) * (MOST_ROUTES + 1)
    assert len(batch.histograms) == len(Arm) * (MOST_ROUTES + 1)


async def test_what_is_kept_of_one_epoch_after_another_has_an_end() -> None:
    worker = Worker()
    for epoch in range(1, 3 * MOST_EPOCHS):
        worker.in_force.put(replace(RELEASE, epoch=epoch))
        await worker.serve(range(200))

    batch = worker.counters.take()
    newest = range(2 * MOST_EPOCHS, 3 * MOST_EPOCHS)
    assert _epochs(batch) == set(newest)
    assert sum(counts[0] for counts in batch.counts.values()) == 200 * MOST_EPOCHS
    assert {row[1] for row in batch.histograms} == set(newest)


def test_what_ends_when_its_epoch_has_been_let_go_displaces_nothing_newer() -> None:
    counters = EvidenceCounters()
    for epoch in [*range(10, 10 + MOST_EPOCHS), 3, 10]:
        place = (UUID(int=1), epoch, Arm.STABLE, "/a", 0)
        counters.add(Seen(place, seconds=0.1, error=False, slow=False, client_error=False))

    batch = counters.take()

    assert _epochs(batch) == set(range(10, 10 + MOST_EPOCHS))
    assert batch.counts[UUID(int=1), 10, Arm.STABLE, "/a", 0][0] == 2
    assert not counters.take()


def _epochs(batch: Batch) -> set[int]:
    return {place[1] for place in batch.counts}
