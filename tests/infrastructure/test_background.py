"""Work in the background, as those see it who ask for it."""

import asyncio

import structlog

from serinus.domain.errors import Unavailable
from serinus.infrastructure.background import Background, again_and_again
from tests.support.waiting import until


class Work:
    """Goes on only when told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.gate = asyncio.Semaphore(0)
        self.fails = False

    async def __call__(self) -> None:
        self.begun += 1
        await self.gate.acquire()
        if self.fails:
            raise RuntimeError("as told")
        self.ended += 1

    async def has_begun(self, times: int) -> bool:
        return self.begun == times

    async def has_ended(self, times: int) -> bool:
        return self.ended == times


async def test_it_runs_once_at_a_time_and_once_more_for_all_who_asked_meanwhile() -> None:
    work = Work()
    background = Background("work", work)

    background.start()
    await until(lambda: work.has_begun(1))
    for _ in range(3):
        background.start()
    work.gate.release()
    await until(lambda: work.has_begun(2))
    work.gate.release()
    await until(lambda: work.has_ended(2))
    await background.close()

    assert work.begun == 2


async def test_it_can_be_asked_for_again() -> None:
    work = Work()
    background = Background("work", work)

    background.start()
    work.gate.release()
    await until(lambda: work.has_ended(1))
    background.start()
    work.gate.release()
    await until(lambda: work.has_ended(2))
    await background.close()


async def test_a_failure_is_logged_and_the_next_time_it_runs_again() -> None:
    work = Work()
    work.fails = True
    background = Background("work", work)

    with structlog.testing.capture_logs() as logs:
        background.start()
        work.gate.release()
        await until(lambda: asyncio.sleep(0, len(logs)))
    work.fails = False
    background.start()
    work.gate.release()
    await until(lambda: work.has_ended(1))
    await background.close()

    assert [(log["event"], log["work"]) for log in logs] == [
        ("work in the background failed", "work")
    ]


async def test_closing_waits_for_nothing() -> None:
    work = Work()
    background = Background("work", work)
    await background.close()

    background.start()
    await until(lambda: work.has_begun(1))
    await background.close()

    assert work.ended == 0


async def test_an_outage_is_told_once_and_work_goes_on_after_it() -> None:
    done = 0

    async def work() -> float:
        nonlocal done
        done += 1
        if done in {2, 3, 4}:
            raise Unavailable("away")
        if done == 6:
            raise RuntimeError("not expected")
        return 0

    async def has_gone_on() -> bool:
        return done > 7

    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(again_and_again("work", work, wait_if_away=0))
        await until(has_gone_on)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert [log["exc_info"] for log in logs] == [False, True]
