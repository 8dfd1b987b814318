"""The ground the other tests stand on."""

import asyncpg
import pytest
from redis.asyncio import Redis


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_has_an_empty_database(pool: asyncpg.Pool, turn: str) -> None:
    assert await pool.fetchval("SELECT count(*) FROM tags") == 0

    await pool.execute(
        "INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)"
        " VALUES (gen_random_uuid(), 'a', 'a', 'a', now(), now())"
    )


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_has_an_empty_redis(redis_url: str, turn: str) -> None:
    async with Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0

        await client.set("left", "behind")


def test_a_test_that_needs_a_server_is_marked(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    assert request.node.get_closest_marker("database")
