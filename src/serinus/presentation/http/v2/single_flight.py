"""Of many who want the same at once, one fetches it."""

import asyncio
from collections.abc import Hashable
from enum import Enum, auto

PATIENCE = 5.0  # seconds that somebody waits for others, in all


class Outcome(Enum):
    KEPT = auto()  # it is there now, for all who waited
    NOT_FOR_ALL = auto()  # each has to ask alone
    FAILED = auto()  # the next one may be luckier


class Flights:
    """What is being fetched."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._running: dict[Hashable, asyncio.Future[Outcome]] = {}

    async def wait(self, key: Hashable) -> Outcome:
        """`FAILED` when nobody fetches it (any more): `begin`, before anything else is awaited.

        `NOT_FOR_ALL` when it takes too long.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while (flight := self._running.get(key)) is not None:
            # Not cancelled by who waits for it: others do as well.
            await asyncio.wait([flight], timeout=deadline - loop.time())
            if not flight.done():
                return Outcome.NOT_FOR_ALL
            if flight.result() is not Outcome.FAILED:
                return flight.result()
        return Outcome.FAILED

    def begin(self, key: Hashable) -> None:
        self._running[key] = asyncio.get_running_loop().create_future()

    def end(self, key: Hashable, outcome: Outcome) -> None:
        self._running.pop(key).set_result(outcome)
