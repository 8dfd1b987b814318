"""Makes the search index anew, in the background."""

import asyncio
import logging
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

logger = logging.getLogger(__name__)

BATCH = text("SELECT rebuild_search_documents(:doc_type, CAST(:after AS uuid))")


class Reindexing:
    """Once at a time. Asked for meanwhile, it is done once more after that."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._asked = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Leaves it where it is: shutting down waits for no index."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._asked:
            self._asked = False
            try:
                for doc_type in ("post", "user"):
                    await self._rebuild(doc_type)
            except Exception:
                # Nobody awaits it: whoever asked for it was answered long ago.
                logger.exception("reindexing failed")

    async def _rebuild(self, doc_type: str) -> None:
        after: UUID | None = None
        while True:
            async with self._engine.begin() as connection:
                after = await connection.scalar(BATCH, {"doc_type": doc_type, "after": after})
            if after is None:
                return
