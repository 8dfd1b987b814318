"""What the settings ask for, and what of it is in force. Commands need this, too: nothing of it
may import what counts, which looks at its import for where to.
"""

import asyncpg

from serinus.application.release.comparing import Comparing
from serinus.application.release.steering import Steering
from serinus.domain.release.assignment import Routing, Share, boot_routing
from serinus.domain.release.in_force import Limits, in_force
from serinus.infrastructure.postgres.release_comparisons import PostgresComparisons
from serinus.infrastructure.postgres.release_nodes import PostgresNodes
from serinus.infrastructure.postgres.releases import PostgresReleases
from serinus.infrastructure.settings import Settings
from serinus.wiring.clock import new_id


def boot(settings: Settings) -> Routing:
    """Without its epoch, which only the database knows."""
    return boot_routing(
        percentage=settings.api_v2_traffic_percentage,
        v2_enabled=settings.api_v2_enabled,
        legacy_enabled=settings.use_legacy_api_v1,
    )


def limits(settings: Settings) -> Limits:
    return Limits(
        boot=boot(settings),
        ceiling=settings.api_v2_traffic_percentage,
        fixed=not (settings.api_v2_enabled and settings.use_legacy_api_v1),
        shadow_writes=settings.serinus_shadow_writes,
    )


async def effective(settings: Settings, pool: asyncpg.Pool) -> Routing:
    """What a worker with these settings serves now."""
    releases = PostgresReleases(pool)
    standing = await releases.standing()
    pins = await releases.pins(standing.release.id) if standing.release else {}
    return in_force(limits(settings), standing.release, pins, standing.epoch)


def steering(pool: asyncpg.Pool, *, ceiling: Share | None) -> Steering:
    """`ceiling`: what the settings of who asks allow at most; None: anything."""
    return Steering(PostgresReleases(pool), PostgresNodes(pool), new_id, ceiling)


def comparisons(pool: asyncpg.Pool) -> Comparing:
    return Comparing(PostgresReleases(pool), PostgresComparisons(pool))
