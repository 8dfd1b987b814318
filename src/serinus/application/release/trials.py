"""Writes that are tried and undone, and what the real ones wrote: as the audit log tells it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from serinus.domain.release.rows_written import Entry


class Trial(Protocol):
    """`began`: by the store's clock. `crowded`: it waited too long for somebody else's write,
    or another connection, so that it says nothing.
    """

    @property
    def began(self) -> datetime: ...

    @property
    def crowded(self) -> bool: ...

    async def written(self, request_id: str) -> Sequence[Entry]:
        """What has been written in it so far."""
        ...


class Trials(Protocol):
    def undone(self) -> AbstractAsyncContextManager[Trial]:
        """What this task writes meanwhile is undone at the end. Raise `Unavailable`."""
        ...

    async def written(self, request_id: str, since: datetime) -> Sequence[Entry]:
        """By a request that has been answered. Raise `Unavailable`."""
        ...
