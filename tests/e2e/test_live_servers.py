"""Servers on which claims are measured: they serve, can be cut off, and are gone after it."""

import asyncio
from subprocess import TimeoutExpired

import pytest

from serinus.wiring.live_servers import deployed
from serinus.wiring.live_traffic import traffic
from tests.support.engines import needs_engine_v1
from tests.support.waiting import until

pytestmark = [pytest.mark.e2e, needs_engine_v1]


async def test_consumers_are_served_and_the_database_can_be_away() -> None:
    with deployed(1) as here:
        folder = here.folder
        with traffic(here.ports) as seen:

            async def read() -> bool:
                return seen.reads > 50 and seen.writes > 3

            await until(read)
            served = (seen.failed_reads, seen.failed_writes)
            status = await asyncio.to_thread(here.status)

    assert served == (0, 0)
    assert status["release"] is None
    assert not folder.exists()


async def test_a_database_that_is_away_answers_nobody_and_then_everybody() -> None:
    with deployed(1) as here:
        with here.database_away(), pytest.raises(TimeoutExpired):
            await asyncio.to_thread(here.command, "status", patience=3.0)

        assert await asyncio.to_thread(here.status)
