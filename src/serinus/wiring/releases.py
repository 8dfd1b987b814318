"""What commands tell of releases."""

import asyncpg

from serinus.application.release.ports import NodeSeen
from serinus.infrastructure.settings import Settings
from serinus.presentation.cli.operations import ReleaseStatus, Share, Worker
from serinus.wiring.routing import effective, steering


async def status(settings: Settings, pool: asyncpg.Pool) -> ReleaseStatus:
    # Without a limit of its own: what is in force stands apart from what it would be here.
    found = await steering(pool, ceiling=None).status()
    here = await effective(settings, pool)
    return ReleaseStatus(
        recorded=Share(found.share.percent, found.source) if found.epoch else None,
        epoch=found.epoch or None,
        since=found.since.isoformat() if found.since else None,
        configured=Share(here.share.percent, here.origin),
        phase=str(found.release.phase) if found.release else None,
        verdict=found.verdict.sentence if found.verdict else None,
        workers=[_worker(node) for node in found.nodes],
    )


def _worker(node: NodeSeen) -> Worker:
    state = node.state
    return Worker(
        name=state.name,
        pid=state.pid,
        share=state.share.percent,
        epoch=state.epoch,
        applied_after=node.applied_after,
        heard_ago=node.heard_ago,
        says=state.says,
    )
