"""A drill over real HTTP."""

import asyncio
import secrets
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING

from serinus.application.release.drill_traffic import TOGETHER, Answered, DrillTraffic, NoDrill
from serinus.application.release.drilling import SLOW_MS, Drill, Step
from serinus.application.release.steering import Steering
from serinus.domain.release.faults import Symptom

if TYPE_CHECKING:
    import httpx

#: Both engines have it, it asks the database, and no limit of clients counts it.
ASKED = "/api/v1/health"
PATIENCE = 30.0  # seconds for an answer


class HttpCallers:
    """Asks one server after the other."""

    def __init__(self, http: "httpx.AsyncClient", urls: Sequence[str]) -> None:
        self._http, self._urls = http, cycle(url.rstrip("/") for url in urls)

    async def ask(self, consumer: str, fault: Symptom | None = None) -> Answered:
        # The id of the request is the key where SERINUS_CANARY_KEY=request.
        headers = {"X-Client-ID": consumer, "X-Request-ID": consumer}
        if fault is not None:
            headers["Serinus-Drill-Fault"] = fault
        url, began = next(self._urls), monotonic()
        try:
            answer = await self._http.get(f"{url}{ASKED}", headers=headers)
            return Answered(
                status=answer.status_code,
                engine=answer.headers["serinus-engine"],
                epoch=int(answer.headers["serinus-epoch"]),
                rescued="serinus-rescued" in answer.headers,
                seconds=monotonic() - began,
            )
        except KeyError:
            raise NoDrill(f"what answers at {url} is no Serinus") from None
        except Exception as error:
            raise NoDrill(f"no answer from {url}: {type(error).__name__}") from error


async def drill(
    steering: Steering, symptom: Symptom, urls: Sequence[str], *, actor: str, reason: str
) -> AsyncGenerator[Step, None]:
    """Its release ends with it, also where this process is asked to end."""
    async with _callers(urls) as callers, _ending_in_order():
        prefix = f"drill-{secrets.token_hex(16)}-"
        traffic = DrillTraffic(callers, prefix, monotonic, SLOW_MS)
        drilled = Drill(steering, traffic, monotonic, symptom, actor, reason)
        async with aclosing(drilled.steps()) as steps:
            async for step in steps:
                yield step


@asynccontextmanager
async def _callers(urls: Sequence[str]) -> AsyncIterator[HttpCallers]:
    import httpx  # noqa: PLC0415 - no other command needs it, and each would wait for it

    limits = httpx.Limits(max_connections=2 * TOGETHER * len(urls))
    # The servers themselves, and not what a proxy of this machine makes of them.
    async with httpx.AsyncClient(limits=limits, timeout=PATIENCE, trust_env=False) as http:
        yield HttpCallers(http, urls)


@asynccontextmanager
async def _ending_in_order() -> AsyncIterator[None]:
    """As Ctrl-C does, the signals of an init system and of a closed terminal cancel."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - coroutines run in one
    asked = (signal.SIGTERM, signal.SIGHUP)
    for each in asked:
        loop.add_signal_handler(each, task.cancel)
    try:
        yield
    finally:
        for each in asked:
            loop.remove_signal_handler(each)
