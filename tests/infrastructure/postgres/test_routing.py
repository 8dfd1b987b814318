"""The record of routings: nodes with the same settings are in the same epoch."""

import asyncio
from datetime import UTC, datetime

import asyncpg

from serinus.domain.release.assignment import Routing, Share
from serinus.infrastructure.postgres.routing import EnteredRouting, PostgresRoutings

AT = datetime(2030, 1, 1, tzinfo=UTC)


def routing(basis_points: int, origin: str = "test") -> Routing:
    return Routing(share=Share(basis_points), origin=origin)


async def test_the_epoch_grows_by_one_at_every_change_of_routing(pool: asyncpg.Pool) -> None:
    routings = PostgresRoutings(pool)

    epochs = [(await routings.enter(routing(share), at=AT)).epoch for share in (0, 1000, 0)]

    assert epochs == [1, 2, 3]


async def test_a_restart_with_the_same_settings_stays_in_its_epoch(pool: asyncpg.Pool) -> None:
    routings = PostgresRoutings(pool)

    first = await routings.enter(routing(1000), at=AT)
    again = await routings.enter(routing(1000), at=AT)

    assert first == again


async def test_nodes_that_start_together_share_one_epoch(pool: asyncpg.Pool) -> None:
    routings = PostgresRoutings(pool)
    await routings.enter(routing(0), at=AT)

    entered = await asyncio.gather(*(routings.enter(routing(5000), at=AT) for _ in range(10)))

    assert {node.epoch for node in entered} == {2}


async def test_the_newest_routing_is_told_with_its_start(pool: asyncpg.Pool) -> None:
    routings = PostgresRoutings(pool)
    assert await routings.newest() is None

    await routings.enter(routing(1250, "here"), at=AT)

    assert await routings.newest() == EnteredRouting(1, Share(1250), "here", AT)
