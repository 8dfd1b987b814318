"""What nodes keep together, however they interleave and whatever Redis does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from serinus.application.answers import Answer, Kept, Stamp
from serinus.infrastructure.redis.answers import MOST_TAGS, NOTHING, RedisAnswers
from serinus.infrastructure.redis.connection import connect
from tests.support.answers import a_key, an_answer
from tests.support.proxy import Proxy
from tests.support.waiting import until

Loss = Literal["everything changed", "flushed", "too many"]
PATIENT = 10.0  # seconds: the machine may be busy


class Cluster:
    def __init__(self, url: str) -> None:
        self.url = url
        self._stack = AsyncExitStack()

    async def node(self, url: str = "", *, name: str = "site", **given: float) -> RedisAnswers:
        """One that has noted all there is to note."""
        limits = {"timeout": PATIENT, "pause": 0.0} | given
        client = connect(url or self.url, timeout=limits["timeout"])
        self._stack.push_async_callback(client.aclose)
        node = RedisAnswers(client, name, **limits)
        task = asyncio.create_task(node.confirm())
        self._stack.push_async_callback(_ended, task)
        await settled(node)
        return node

    async def close(self) -> None:
        await self._stack.aclose()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def settled(node: RedisAnswers) -> None:
    async def usable() -> bool:
        return node.usable

    await until(usable)


@pytest.fixture
async def cluster(redis_url: str) -> AsyncIterator[Cluster]:
    cluster = Cluster(redis_url)
    yield cluster
    await cluster.close()


async def stamp_of(node: RedisAnswers) -> Stamp:
    _, stamp = await node.find(a_key("/nothing"))
    assert stamp
    return stamp


async def found(node: RedisAnswers) -> Answer | None:
    kept, _ = await node.find(a_key())
    return kept.answer if kept else None


async def test_what_one_node_kept_another_finds(cluster: Cluster) -> None:
    here, there = await cluster.node(), await cluster.node()
    answer = an_answer("post:1", "tag:1", body=bytes(range(256))).with_packed(b"less")
    await here.keep(a_key(), answer, await stamp_of(here))

    kept, _ = await there.find(a_key())

    assert isinstance(kept, Kept)
    assert kept.answer == answer
    assert 0 <= kept.age < PATIENT
    assert await found(await cluster.node(name="another site")) is None


async def test_an_answer_without_an_etag_comes_back_as_it_was(cluster: Cluster) -> None:
    node = await cluster.node()
    answer = an_answer("post:1", etag=None)

    await node.keep(a_key(), answer, await stamp_of(node))

    assert await found(node) == answer


async def test_a_change_that_another_node_noted_counts(cluster: Cluster) -> None:
    here, there = await cluster.node(), await cluster.node()
    await here.keep(a_key(), an_answer("post:1"), await stamp_of(here))

    there.changed(frozenset({"post:2"}))
    await settled(there)
    assert await found(here)

    there.changed(frozenset({"post:1"}))
    await settled(there)
    assert await found(here) is None


async def test_what_was_read_before_a_change_is_not_kept_after_it(cluster: Cluster) -> None:
    here, there = await cluster.node(), await cluster.node()
    stamp = await stamp_of(here)
    there.changed(frozenset({"post:1"}))
    await settled(there)

    await here.keep(a_key(), an_answer("post:1"), stamp)
    assert (await found(here), here.counts.discarded) == (None, 1)

    await here.keep(a_key(), an_answer("post:1"), await stamp_of(here))
    assert await found(there)


async def test_until_a_change_is_noted_its_node_uses_nothing(cluster: Cluster) -> None:
    node = await cluster.node()
    await node.keep(a_key(), an_answer("post:1"), await stamp_of(node))

    node.changed(frozenset({"post:2"}))

    assert await node.find(a_key()) == NOTHING
    await settled(node)
    assert await found(node)


@pytest.mark.parametrize("loss", get_args(Loss))
async def test_when_changes_are_not_known_nothing_counts(
    cluster: Cluster, redis_url: str, loss: Loss
) -> None:
    node = await cluster.node()
    stamp = await stamp_of(node)
    await node.keep(a_key(), an_answer("post:1"), stamp)
    async with Redis.from_url(redis_url) as client:
        match loss:
            case "everything changed":
                node.changed(None)
            case "flushed":
                (changes,) = [key async for key in client.scan_iter("*changes")]
                await client.delete(changes)
            case "too many":
                node.changed(frozenset(f"tag:{number}" for number in range(MOST_TAGS)))
                await settled(node)
                node.changed(frozenset({"tag:0"}))
    await settled(node)

    assert await found(node) is None
    await node.keep(a_key(), an_answer("post:1"), stamp)
    assert await found(node) is None, "that moment is of another epoch"
    await node.keep(a_key(), an_answer("post:1"), await stamp_of(node))
    assert await found(node)


async def test_nothing_is_kept_for_long(cluster: Cluster) -> None:
    node = await cluster.node(lifetime=0.05)
    await node.keep(a_key(), an_answer("post:1"), await stamp_of(node))

    async def gone() -> bool:
        return await found(node) is None

    await until(gone)


@pytest.fixture
async def proxy(redis_url: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(redis_url)
    assert parts.hostname
    assert parts.port
    async with Proxy.to(parts.hostname, parts.port) as proxy:
        yield proxy


async def test_without_redis_there_is_nothing_and_no_error(
    cluster: Cluster, proxy: Proxy, redis_url: str
) -> None:
    path = urlsplit(redis_url).path
    node = await cluster.node(f"redis://127.0.0.1:{proxy.port}{path}", pause=0.01)
    witness = await cluster.node()
    stamp = await stamp_of(node)
    await node.keep(a_key(), an_answer("post:1"), stamp)
    await proxy.go_away()

    assert await node.find(a_key()) == NOTHING
    await node.keep(a_key(), an_answer("post:1"), stamp)
    node.changed(frozenset({"post:1"}))
    assert await found(witness), "it could not be told yet"

    await proxy.come_back()
    await settled(node)
    assert await found(witness) is None
    assert node.counts.failed > 0


async def test_a_redis_that_says_nothing_costs_its_time_once(
    cluster: Cluster, proxy: Proxy, redis_url: str
) -> None:
    path = urlsplit(redis_url).path
    node = await cluster.node(f"redis://127.0.0.1:{proxy.port}{path}", pause=60.0, timeout=0.5)
    proxy.swallow()
    for _ in range(3):
        assert await node.find(a_key()) == NOTHING

    assert node.counts.failed == 1
    assert not node.usable


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "note", "note", "begin", "begin", "end", "end", "lose"]),
        st.integers(0, 1),  # which node
        st.integers(0, 1),  # which record
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(steps=STEPS)
def test_nobody_finds_what_is_older_than_what_they_were_told(
    redis_of_this_worker: str, steps: list[tuple[str, int, int]]
) -> None:
    asyncio.run(_interleaved(redis_of_this_worker, steps))


async def _interleaved(url: str, steps: list[tuple[str, int, int]]) -> None:
    cluster = Cluster(url)
    async with Redis.from_url(url) as client:
        await client.flushdb()
        world = World(client, [await cluster.node(), await cluster.node()])
        for step, node, record in steps:
            await getattr(world, step)(node, record)
    await cluster.close()


@dataclass
class World:
    """Two nodes read and show two records. Each is told of every write, in its own time."""

    redis: Redis
    nodes: list[RedisAnswers]
    stored: list[int] = field(default_factory=lambda: [0, 0])
    known: list[list[int]] = field(default_factory=lambda: [[0, 0], [0, 0]])  # by each node
    untold: list[list[int]] = field(default_factory=lambda: [[], []])
    reading: list[list[tuple[int, int, Stamp]]] = field(default_factory=lambda: [[], []])

    async def write(self, _: int, record: int) -> None:
        self.stored[record] += 1
        for each in self.untold:
            each.append(record)

    async def note(self, node: int, _: int) -> None:
        if self.untold[node]:
            record = self.untold[node].pop(0)
            self.known[node][record] += 1
            self.nodes[node].changed(frozenset({f"post:{record}"}))
            await settled(self.nodes[node])

    async def begin(self, node: int, record: int) -> None:
        kept, stamp = await self.nodes[node].find(a_key(f"/{record}"))
        assert kept is None or int(kept.answer.body) >= self.known[node][record]
        assert stamp
        self.reading[node].append((record, self.stored[record], stamp))

    async def end(self, node: int, _: int) -> None:
        if self.reading[node]:
            record, value, stamp = self.reading[node].pop()
            # A node does not keep what it was told has changed while it read.
            if value >= self.known[node][record]:
                answer = an_answer(f"post:{record}", body=b"%d" % value)
                await self.nodes[node].keep(a_key(f"/{record}"), answer, stamp)

    async def lose(self, _node: int, _record: int) -> None:
        await self.redis.flushdb()
