"""Work that no request waits for, and that does not keep a process from ending."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from serinus.domain.errors import Unavailable

log = structlog.get_logger("serinus")


class Background:
    """Runs one piece of work, once at a time.

    Asked for while it runs, it runs once more: it may have passed what was asked for.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._work = work
        self._asked = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=self._name)

    async def close(self) -> None:
        """Leave it where it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._asked:
            self._asked = False
            try:
                await self._work()
            except Exception:
                # Nobody awaits it: who asked for it was answered long ago.
                log.exception("work in the background failed", work=self._name)


async def again_and_again(
    name: str, work: Callable[[], Awaitable[float]], *, wait_if_away: float
) -> None:
    """Until it is cancelled. `work` gives the seconds after which it is to be done again.

    Whatever it fails with, it is tried again after `wait_if_away` seconds. An outage is told
    once, when it begins, and not with each attempt.
    """
    failed = False
    while True:
        try:
            wait = await work()
            failed = False
        except Exception as error:
            wait = wait_if_away
            if not failed:
                expected = isinstance(error, Unavailable)
                log.warning("work waits until it can be done", work=name, exc_info=not expected)
            failed = True
        await asyncio.sleep(wait)
