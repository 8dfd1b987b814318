"""Waiting for what happens in the background."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 30.0  # seconds


async def until(
    condition: Callable[[], Awaitable[object]], *, patience: float = PATIENCE
) -> None:
    """Ask again and again. Raise `TimeoutError` when it does not come true."""
    async with asyncio.timeout(patience):
        while not await condition():  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(0.01)
