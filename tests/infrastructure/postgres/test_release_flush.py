"""What workers count comes to the sums of all, once, whatever happens on the way."""

import asyncio
from random import Random
from uuid import UUID, uuid4

import asyncpg
import pytest

from serinus.application.release.evidence_counters import Batch, EvidenceCounters, Seen
from serinus.application.release.ports import NodeState
from serinus.domain.errors import Unavailable
from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.evidence import EDGES, MOST_ROUTES
from serinus.infrastructure.postgres.release_flush import PostgresFlush
from serinus.infrastructure.postgres.release_nodes import PostgresNodes
from tests.support.releasing import plan, steering

PATIENCE = 5.0  # seconds


def drawn(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - the same for the same seed


async def started(pool: asyncpg.Pool) -> UUID:
    return (await steering(pool).start(plan(), actor="test", reason="to count")).id


async def worker(pool: asyncpg.Pool) -> PostgresFlush:
    node = uuid4()
    await PostgresNodes(pool).beat(
        NodeState(node=node, name="test", pid=1, epoch=1, share=Share(0), says="")
    )
    return PostgresFlush(pool, node)


def counted(release: UUID, chance: Random, requests: int = 100) -> Batch:
    counters = EvidenceCounters()
    for _ in range(requests):
        arm = chance.choice(list(Arm))
        route, error = f"/route/{chance.randrange(5)}", chance.random() < 0.1
        counters.add(
            Seen(
                place=(release, chance.randrange(1, 3), arm, route, chance.randrange(256)),
                seconds=chance.expovariate(20),
                error=error,
                slow=chance.random() < 0.1,
                client_error=False,
                rescued=error,
                queries=2,
                db_seconds=0.25,
            )
        )
    return counters.take()


async def sums(pool: asyncpg.Pool) -> tuple[float, ...]:
    row = await pool.fetchrow(
        """
        SELECT sum(requests)::int, sum(errors)::int, sum(rescued)::int, sum(queries)::int,
               sum(db_seconds)::float,
               (SELECT sum(n)::int FROM release_histograms, unnest(counts) AS n)
          FROM release_evidence
        """
    )
    assert row is not None
    return tuple(row)


def expected(*batches: Batch) -> tuple[float, ...]:
    counts = [each for batch in batches for each in batch.counts.values()]
    histograms = [each for batch in batches for each in batch.histograms.values()]
    return (
        *(sum(each[n] for each in counts) for n in (0, 1, 8, 6, 7)),
        sum(map(sum, histograms)),
    )


async def test_many_workers_at_once_add_up(pool: asyncpg.Pool) -> None:
    release, chance = await started(pool), drawn(1)
    workers = [await worker(pool) for _ in range(4)]
    batches = [[counted(release, chance) for _ in range(5)] for _ in workers]

    async def tell(flush: PostgresFlush, mine: list[Batch]) -> None:
        for batch in mine:
            await flush.add(batch, patience=PATIENCE)

    await asyncio.gather(*(tell(*each) for each in zip(workers, batches, strict=True)))

    assert await sums(pool) == expected(*(batch for mine in batches for batch in mine))


async def test_a_flush_whose_answer_was_lost_counts_once(pool: asyncpg.Pool) -> None:
    release, flush = await started(pool), await worker(pool)
    batch = counted(release, drawn(2))
    again = PostgresFlush(pool, flush.node)
    await flush.add(batch, patience=PATIENCE)

    # As if the answer had not come: the same one, with the same number.
    await again.add(batch, patience=PATIENCE)
    assert await sums(pool) == expected(batch)

    await again.add(batch, patience=PATIENCE)
    assert await sums(pool) == expected(batch, batch)


async def test_a_flush_that_failed_is_not_counted_as_sent(pool: asyncpg.Pool) -> None:
    release, flush = await started(pool), await worker(pool)
    batch = counted(release, drawn(3))
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("LOCK TABLE release_evidence IN ACCESS EXCLUSIVE MODE")
        with pytest.raises((Unavailable, TimeoutError)):
            await flush.add(batch, patience=0.2)

    await flush.add(batch, patience=PATIENCE)

    assert await sums(pool) == expected(batch)


async def test_evidence_of_a_release_that_is_gone_is_dropped(pool: asyncpg.Pool) -> None:
    release, flush = await started(pool), await worker(pool)
    known, unknown = counted(release, drawn(4)), counted(uuid4(), drawn(5))

    await flush.add(unknown, patience=PATIENCE)
    await flush.add(known, patience=PATIENCE)

    assert await sums(pool) == expected(known)


def test_counters_are_bounded_however_many_consumers_and_paths_there_are() -> None:
    counters, release = EvidenceCounters(), uuid4()
    for n in range(100_000):
        route = counters.route(f"/made-up/{n}")
        place = (release, 1, Arm.STABLE, route, n % 256)
        counters.add(Seen(place, seconds=10.0**9, error=False, slow=True, client_error=False))

    batch = counters.take()

    assert len(batch.counts) <= 256 * (MOST_ROUTES + 1)
    assert {len(each) for each in batch.histograms.values()} == {len(EDGES)}
    assert sum(each[0] for each in batch.counts.values()) == 100_000
    assert not counters.take()
