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

    async def wait(self, key: Hashable) -> Outcome | None:
        """None when nobody fetches it: then `begin`, before anything else is awaited.

        `FAILED` is the same, after some have tried; `NOT_FOR_ALL` also when it takes too long.
        """
        outcome: Outcome | None = None
        deadline = asyncio.get_running_loop().time() + self._patience
        while (flight := self._running.get(key)) is not None:
            # Not cancelled by who waits for it: others do as well.
            left = deadline - asyncio.get_running_loop().time()
            await asyncio.wait([flight], timeout=left)
            outcome = flight.result() if flight.done() else Outcome.NOT_FOR_ALL
            if outcome is not Outcome.FAILED:
                return outcome
        return outcome

    def begin(self, key: Hashable) -> None:
        self._running[key] = asyncio.get_running_loop().create_future()

    def end(self, key: Hashable, outcome: Outcome) -> None:
        self._running.pop(key).set_result(outcome)
