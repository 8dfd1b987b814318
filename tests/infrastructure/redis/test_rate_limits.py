"""Rate limits that nodes share, and what is left of them when Redis is away."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.redis.connection import CONNECTIONS, connect
from serinus.infrastructure.redis.rate_limits import RedisRateLimiter
from tests.support.proxy import Proxy


class Cluster:
    """Makes nodes and ends what they hold."""

    def __init__(self) -> None:
        self._clients: list[Redis] = []

    def node(self, url: str, *, timeout: float = 10.0, pause: float = 0.0) -> RedisRateLimiter:
        client = connect(url, timeout=timeout)
        self._clients.append(client)
        return RedisRateLimiter(client, MemoryRateLimiter(), timeout=timeout, pause=pause)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    yield cluster
    await cluster.close()


@pytest.fixture
async def proxy(redis_url: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(redis_url)
    assert parts.hostname is not None
    assert parts.port is not None
    async with Proxy.to(parts.hostname, parts.port) as proxy:
        yield proxy


@pytest.fixture
def proxied_url(proxy: Proxy, redis_url: str) -> str:
    return f"redis://127.0.0.1:{proxy.port}{urlsplit(redis_url).path}"


async def test_nodes_share_one_limit(cluster: Cluster, redis_url: str) -> None:
    nodes = [cluster.node(redis_url) for _ in range(3)]

    allowed = [(await node.hit("key", limit=4)).allowed for node in nodes * 3]

    assert sum(allowed) == 4


async def test_hits_at_the_same_moment_do_not_slip_through(
    cluster: Cluster, redis_url: str
) -> None:
    nodes = [cluster.node(redis_url) for _ in range(4)]

    decisions = await asyncio.gather(*(node.hit("key", limit=5) for node in nodes * 10))

    assert sum(d.allowed for d in decisions) == 5


async def test_a_hit_is_one_round_trip(
    cluster: Cluster, proxy: Proxy, proxied_url: str
) -> None:
    node = cluster.node(proxied_url)
    await node.hit("first", limit=1)  # connects and loads the script
    sent = proxy.received

    await node.hit("second", limit=1)

    assert proxy.received == sent + 1


async def test_a_burst_waits_for_a_connection_rather_than_open_many(
    cluster: Cluster, proxy: Proxy, proxied_url: str
) -> None:
    node = cluster.node(proxied_url)

    await asyncio.gather(*(node.hit("key", limit=1000) for _ in range(200)))

    assert proxy.connections <= CONNECTIONS


async def test_keys_in_redis_are_short_and_say_nothing(
    cluster: Cluster, redis_url: str
) -> None:
    await cluster.node(redis_url).hit("login:someone@example.org" * 1000, limit=1)

    async with connect(redis_url, timeout=10) as client:
        (key,) = await client.keys()
        assert isinstance(key, bytes)
        assert re.fullmatch(rb"serinus:limit:[0-9a-f]{32}", key)


async def test_nothing_stays_in_redis_for_ever(cluster: Cluster, redis_url: str) -> None:
    await cluster.node(redis_url).hit("key", limit=1, window=120)

    async with connect(redis_url, timeout=10) as client:
        (key,) = await client.keys()
        assert 0 < await client.ttl(key) <= 122


async def test_a_server_that_lost_the_script_is_given_it_again(
    cluster: Cluster, redis_url: str
) -> None:
    node = cluster.node(redis_url)
    await node.hit("key", limit=2)
    async with connect(redis_url, timeout=10) as client:
        await client.script_flush()

    assert (await node.hit("key", limit=2)).remaining == 0


async def test_without_redis_the_limit_holds_on_each_node(
    cluster: Cluster, proxy: Proxy, proxied_url: str
) -> None:
    node = cluster.node(proxied_url)
    await proxy.go_away()

    assert [(await node.hit("key", limit=2)).allowed for _ in range(3)] == [True, True, False]


async def test_what_redis_allowed_still_counts_when_it_goes_away(
    cluster: Cluster, proxy: Proxy, proxied_url: str
) -> None:
    node = cluster.node(proxied_url)
    await node.hit("key", limit=2)
    await proxy.go_away()

    assert [(await node.hit("key", limit=2)).allowed for _ in range(2)] == [True, False]


async def test_limits_are_shared_again_when_redis_is_back(
    cluster: Cluster, proxy: Proxy, proxied_url: str, redis_url: str
) -> None:
    node, other = cluster.node(proxied_url), cluster.node(redis_url)
    await proxy.go_away()
    await node.hit("another key", limit=1)
    await proxy.come_back()
    await other.hit("key", limit=1)

    assert not (await node.hit("key", limit=1)).allowed


async def test_a_silent_redis_costs_one_request_its_patience_and_the_next_nothing(
    cluster: Cluster, proxy: Proxy, proxied_url: str
) -> None:
    node = cluster.node(proxied_url, timeout=0.02, pause=60)
    await proxy.fall_silent()

    await node.hit("key", limit=100)
    accepted = proxy.connections
    for _ in range(50):
        await node.hit("key", limit=100)

    assert proxy.connections == accepted


async def test_going_away_and_coming_back_are_logged_once_each(
    cluster: Cluster, proxy: Proxy, proxied_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    node = cluster.node(proxied_url)
    await proxy.go_away()
    for _ in range(3):
        await node.hit("key", limit=100)
    await proxy.come_back()
    for _ in range(3):
        await node.hit("key", limit=100)

    assert [record.message for record in caplog.records] == [
        "Redis is away, each node limits alone: ConnectionError",
        "Redis is back, limits are shared again",
    ]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(1, 4),
    script=st.lists(st.sampled_from(["hit", "hit", "hit", "away", "back"]), max_size=25),
)
async def test_one_node_never_exceeds_the_limit_whatever_redis_does(
    cluster: Cluster, proxy: Proxy, proxied_url: str, limit: int, script: list[str]
) -> None:
    await proxy.come_back()
    node, key, allowed = cluster.node(proxied_url), str(uuid4()), 0
    for event in script:
        match event:
            case "away":
                await proxy.go_away()
            case "back":
                await proxy.come_back()
            case _:
                allowed += (await node.hit(key, limit=limit, window=3600)).allowed

    assert allowed == min(limit, script.count("hit"))
