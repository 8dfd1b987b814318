"""What workers compare comes to the sums of all; the judge reads it, people explain it."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest

from serinus.application.release.comparing import (
    WHOLE_ROUTE,
    Comparing,
    NotDiffering,
    NothingToGate,
)
from serinus.application.release.comparison_counters import (
    MOST_PATHS,
    Compared,
    ComparisonCounters,
    Outcome,
)
from serinus.application.release.ports import NodeState
from serinus.application.release.steering import NoRelease
from serinus.application.release.ticking import Ticking
from serinus.domain.errors import Invalid, Unavailable
from serinus.domain.release.assignment import Share
from serinus.domain.release.comparison import Difference, Kind
from serinus.domain.release.phase import Phase
from serinus.domain.release.verdict import ComparisonState, Why
from serinus.domain.release.verifying import verify
from serinus.infrastructure.postgres.comparison_flush import LOCK, PostgresComparisonFlush
from serinus.infrastructure.postgres.pool import open_session
from serinus.infrastructure.postgres.release_comparisons import PostgresComparisons
from serinus.infrastructure.postgres.release_nodes import PostgresNodes
from serinus.infrastructure.postgres.releases import PostgresReleases
from tests.support.releasing import Who, plan, steering

PATIENCE = 5.0  # seconds
WHO: Who = {"actor": "cli:naoko", "reason": "because"}
GATED = {
    "gates": {"first": "comparison"},
    "comparison": {"least_requests": 10, "limit": 0.05},
}


async def started(pool: asyncpg.Pool) -> UUID:
    return (await steering(pool).start(plan(**GATED), **WHO)).id


async def worker(pool: asyncpg.Pool) -> PostgresComparisonFlush:
    node = uuid4()
    await PostgresNodes(pool).beat(
        NodeState(node=node, name="test", pid=1, epoch=1, share=Share(0), says="")
    )
    return PostgresComparisonFlush(pool, node)


def differing(*paths: str) -> list[Difference]:
    return [Difference(path, Kind.VALUE, "number 9", "number 99") for path in paths]


def batch(
    release: UUID, route: str = "/a", paths: Sequence[str] = (), *, times: int = 1
) -> Compared:
    """So many pairs on a route, each of which differs at these places."""
    counters = ComparisonCounters()
    for _ in range(times):
        outcome = Outcome.DIFFERING if paths else Outcome.EQUAL
        counters.add((release, route), outcome, differing(*paths))
    return counters.take()


async def tell(pool: asyncpg.Pool, compared: Compared) -> None:
    await (await worker(pool)).add(compared, patience=PATIENCE)


async def state(pool: asyncpg.Pool, release: UUID) -> ComparisonState:
    return await PostgresComparisons(pool).state(release)


def comparing(pool: asyncpg.Pool) -> Comparing:
    return Comparing(PostgresReleases(pool), PostgresComparisons(pool))


async def test_many_workers_at_once_add_up(pool: asyncpg.Pool) -> None:
    release = await started(pool)
    flushes = [await worker(pool) for _ in range(4)]

    async def often(flush: PostgresComparisonFlush) -> None:
        for number in range(10):
            await flush.add(batch(release, f"/{number % 3}", ["$.a"]), patience=PATIENCE)
            await flush.add(batch(release, "/b"), patience=PATIENCE)

    await asyncio.gather(*map(often, flushes))

    report = await PostgresComparisons(pool).report(release)
    found = {each.route: (each.compared, each.differing) for each in report.routes}
    assert found == {"/0": (16, 16), "/1": (12, 12), "/2": (12, 12), "/b": (40, 0)}
    assert [(each.route, each.count) for each in report.places] == [
        ("/0", 16),
        ("/1", 12),
        ("/2", 12),
    ]


async def test_a_batch_whose_answer_was_lost_is_sent_again_and_counts_once(
    pool: asyncpg.Pool,
) -> None:
    release, flush = await started(pool), await worker(pool)
    sent = batch(release, "/a", ["$.a"])
    await flush.add(sent, patience=PATIENCE)
    flush._number -= 1  # noqa: SLF001 - as if it had not heard

    await flush.add(sent, patience=PATIENCE)

    report = await PostgresComparisons(pool).report(release)
    assert [(each.compared, each.differing) for each in report.routes] == [(1, 1)]
    assert [each.count for each in report.places] == [1]


async def test_a_batch_that_could_not_be_told_is_not_half_told(
    pool: asyncpg.Pool, database_url: str
) -> None:
    release, flush = await started(pool), await worker(pool)
    holder = await open_session(database_url)
    async with holder.transaction():
        await holder.execute(LOCK)
        with pytest.raises(Unavailable):
            await flush.add(batch(release, "/a", ["$.a"]), patience=0.1)
    await holder.close()
    assert (await state(pool, release)).compared == {}

    await flush.add(batch(release, "/a", ["$.a"]), patience=PATIENCE)

    assert (await state(pool, release)).compared == {"/a": 1}


async def test_however_many_places_differ_a_hundred_are_told_apart(pool: asyncpg.Pool) -> None:
    release = await started(pool)
    flushes = [await worker(pool) for _ in range(4)]
    paths = [[f"$.{worker}_{number}" for number in range(60)] for worker in range(4)]

    await asyncio.gather(
        *(
            flush.add(batch(release, "/a", own), patience=PATIENCE)
            for flush, own in zip(flushes, paths, strict=True)
        )
    )
    await flushes[0].add(batch(release, "/a", paths[0]), patience=PATIENCE)

    places = (await PostgresComparisons(pool).report(release)).places
    pooled = [each for each in places if each.path == "..."]
    assert len(places) == MOST_PATHS + len(pooled)
    assert [each.route for each in pooled] == ["/a"]
    assert sum(each.count for each in places) == 300


async def test_a_release_that_is_gone_takes_its_comparisons_with_it(pool: asyncpg.Pool) -> None:
    await tell(pool, batch(uuid4(), "/a", ["$.a"]))

    assert await pool.fetchval("SELECT count(*) FROM release_comparisons") == 0


async def test_every_outcome_has_its_place(pool: asyncpg.Pool) -> None:
    release, counters = await started(pool), ComparisonCounters()
    for times, outcome in enumerate(Outcome, 1):
        for _ in range(times):
            counters.add((release, "/a"), outcome, differing("$.a") * (times == 2))
    counters.cannot((release, "/b"), "it writes")
    await tell(pool, counters.take())

    report = await PostgresComparisons(pool).report(release)
    found = {each.route: each for each in report.routes}
    a = found["/a"]
    assert (a.compared, a.differing, a.noise, a.skipped) == (3, 2, 3, 4)
    assert (a.worse, a.better, a.shared) == (5, 6, 7)
    assert (found["/b"].compared, found["/b"].cannot) == (0, "it writes")
    assert await state(pool, release) == ComparisonState(
        compared={"/a": 3},
        differing=2,
        unexplained=("/a",),
        worse=5,
        better=6,
        incomparable=("/b",),
    )


async def test_what_a_person_accepts_is_on_record_and_holds_the_release_no_more(
    pool: asyncpg.Pool,
) -> None:
    release = await started(pool)
    await tell(pool, batch(release, times=200))
    await tell(pool, batch(release, "/a", ["$.a", "$.b"]))
    judge = Ticking(PostgresReleases(pool), PostgresComparisons(pool))
    held = await judge.tick()
    await comparing(pool).explain("/a", "$.a", actor="cli:naoko", reason="v1 was wrong")
    still = await judge.tick()
    await comparing(pool).explain("/a", "$.b", actor="cli:naoko", reason="nobody reads it")
    await judge.tick()

    assert held is not None
    assert (held.why, held.sentence) == (Why.COMPARISON, "answers differ on /a")
    assert still is not None
    assert still.why is Why.COMPARISON
    assert (await steering(pool).releases())[0].phase is Phase.RAMPING
    events = await steering(pool).history()
    explained = [event for event in events if event.kind == "explained"]
    assert [(event.actor, event.reason) for event in explained] == [
        ("cli:naoko", "v1 was wrong"),
        ("cli:naoko", "nobody reads it"),
    ]
    assert explained[0].body["path"] == "$.a"
    assert verify(events) is None
    places = (await PostgresComparisons(pool).report(release)).places
    assert {each.explained.reason for each in places if each.explained} == {
        "v1 was wrong",
        "nobody reads it",
    }


async def test_what_was_accepted_stays_so_however_often_it_comes(pool: asyncpg.Pool) -> None:
    release = await started(pool)
    await tell(pool, batch(release, "/a", ["$.a"]))
    await comparing(pool).explain("/a", "$.a", **WHO)

    await tell(pool, batch(release, "/a", ["$.a"], times=50))
    assert (await state(pool, release)).unexplained == ()
    assert (await state(pool, release)).differing == 0

    await tell(pool, batch(release, "/a", ["$.a", "$.c"]))
    assert (await state(pool, release)).unexplained == ("/a",)
    assert (await state(pool, release)).differing == 1


async def test_a_route_that_cannot_be_compared_waits_for_a_reason_once(
    pool: asyncpg.Pool,
) -> None:
    release, counters = await started(pool), ComparisonCounters()
    counters.cannot((release, "/b"), "it writes")
    await tell(pool, counters.take())
    assert (await state(pool, release)).incomparable == ("/b",)

    await comparing(pool).explain("/b", WHOLE_ROUTE, **WHO)
    counters.cannot((release, "/b"), "it writes")
    await tell(pool, counters.take())

    assert await state(pool, release) == ComparisonState()


async def test_a_route_with_reads_and_nothing_compared_is_told_to_the_judge(
    pool: asyncpg.Pool,
) -> None:
    release, counters = await started(pool), ComparisonCounters()
    for outcome in (Outcome.SKIPPED, Outcome.NOISE, Outcome.WORSE):
        counters.add((release, f"/{outcome.name}"), outcome)
    await tell(pool, counters.take())

    found = await state(pool, release)

    assert found.compared == {"/NOISE": 0, "/SKIPPED": 0, "/WORSE": 0}
    verdict = await Ticking(PostgresReleases(pool), PostgresComparisons(pool)).tick()
    assert verdict is not None
    assert verdict.sentence == "0 of 10 answers compared on /NOISE"


async def test_only_what_was_found_can_be_explained_and_only_while_it_matters(
    pool: asyncpg.Pool,
) -> None:
    with pytest.raises(NoRelease):
        await comparing(pool).explain("/a", "$.a", **WHO)
    with pytest.raises(NoRelease):
        await comparing(pool).report()
    release = await started(pool)
    await tell(pool, batch(release, "/a", ["$.a"]))

    for place in [("/a", "$.b"), ("/b", "$.a"), ("/b", WHOLE_ROUTE)]:
        with pytest.raises(NotDiffering):
            await comparing(pool).explain(*place, **WHO)
    with pytest.raises(Invalid):
        await comparing(pool).explain("/a", "$.a", actor="cli:naoko", reason=" ")
    await steering(pool).abort(**WHO)
    with pytest.raises(NothingToGate):
        await comparing(pool).explain("/a", "$.a", **WHO)

    assert [event.kind for event in await steering(pool).history()] == ["started", "aborted"]
    assert (await comparing(pool).report()).release == release
    assert (await comparing(pool).report(release)).places[0].explained is None


async def test_the_judge_reads_it_on_the_connection_of_its_look(
    pool: asyncpg.Pool, database_url: str
) -> None:
    release = await started(pool)
    connection = await open_session(database_url)
    async with connection.transaction():
        await connection.execute(
            """
            INSERT INTO release_comparisons (release_id, route, compared) VALUES ($1, '/a', 7)
            """,
            release,
        )
        assert (await PostgresComparisons(connection).state(release)).compared == {"/a": 7}
        assert (await state(pool, release)).compared == {}
    await connection.close()
