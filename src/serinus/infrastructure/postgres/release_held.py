"""The governing release while one transaction holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from serinus.application.release.ports import Entry, Json, MovedOn, NodeSeen
from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import Cell
from serinus.domain.release.release import Release
from serinus.infrastructure.postgres.release_comparisons import explain
from serinus.infrastructure.postgres.release_evidence import take_news
from serinus.infrastructure.postgres.release_nodes import seen
from serinus.infrastructure.postgres.release_records import enter_epoch, record, tell

SAVE = """
UPDATE releases
   SET phase = $3, stage = $4, share = $5, paused = $6, gate_open = $7, since = $8,
       since_epoch = $9, epoch = $10, version = $11, ended_at = $12
 WHERE id = $1 AND version = $2
RETURNING id
"""
LOOKED = """
UPDATE releases SET memory = $2, verdict = $3, looked_at = clock_timestamp() WHERE id = $1
"""
PIN = """
INSERT INTO release_pins (release_id, consumer, arm) VALUES ($1, $2, $3)
    ON CONFLICT (release_id, consumer) DO UPDATE SET arm = excluded.arm
"""
UNPIN = "DELETE FROM release_pins WHERE release_id = $1 AND consumer = $2"


@dataclass
class HeldRelease:
    """`memory` and `verdict`: of the last look."""

    connection: asyncpg.Connection
    release: Release
    now: datetime
    memory: Json | None
    verdict: Json | None

    async def news(self, *, since: int) -> Sequence[Cell]:
        return await take_news(self.connection, self.release.id, since=since)

    async def nodes(self) -> Sequence[NodeSeen]:
        return await seen(self.connection)

    async def look(self, *, memory: Json, verdict: Json) -> None:
        await self.connection.execute(LOOKED, self.release.id, memory, verdict)
        await tell(self.connection, self.release)

    async def note(self, entry: Entry) -> None:
        await record(self.connection, self.release, entry, self.now)

    async def move(self, release: Release, entry: Entry) -> None:
        before = self.release
        await self._save(release)
        if release.epoch != before.epoch:
            await enter_epoch(self.connection, release)
        await record(self.connection, release, entry, self.now)
        await tell(self.connection, release)

    async def pin(self, release: Release, consumer: str, arm: Arm | None, entry: Entry) -> None:
        if arm is None:
            await self.connection.execute(UNPIN, release.id, consumer)
        else:
            await self.connection.execute(PIN, release.id, consumer, arm)
        await self.move(release, entry)

    async def explain(self, route: str, path: str, entry: Entry) -> bool:
        found = await explain(self.connection, self.release.id, route, path, entry)
        if found:
            await self.note(entry)
        return found

    async def _save(self, release: Release) -> None:
        """Compare and set: whoever had another state before them is refused."""
        saved = await self.connection.fetchval(
            SAVE,
            release.id,
            self.release.version,
            release.phase,
            release.stage,
            release.share.basis_points,
            release.paused,
            release.gate_open,
            release.since,
            release.since_epoch,
            release.epoch,
            release.version,
            release.ended_at,
        )
        if saved is None:
            raise MovedOn("the release has moved on meanwhile: look at it again")
        self.release = release
