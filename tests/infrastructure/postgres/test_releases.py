"""Releases in PostgreSQL: one runs, one governs, and what was done to it is on record."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from serinus.application.release.ports import MovedOn, NodeState, ReleaseRuns, Seen
from serinus.application.release.steering import CoolingDown, NoRelease, NotForDrills, Steering
from serinus.application.release.ticking import Ticking
from serinus.domain.errors import Conflict, Invalid
from serinus.domain.release.assignment import NOTHING, Arm, Routing, Share
from serinus.domain.release.decision import TRIPWIRE
from serinus.domain.release.evidence import Cell
from serinus.domain.release.phase import Phase
from serinus.domain.release.release import NotAllowed, Release
from serinus.domain.release.verdict import ComparisonState, Kind, Why
from serinus.domain.release.verifying import verify
from serinus.infrastructure.postgres.pool import open_session
from serinus.infrastructure.postgres.release_election import PostgresElection
from serinus.infrastructure.postgres.release_evidence import compact
from serinus.infrastructure.postgres.release_nodes import PostgresNodes
from serinus.infrastructure.postgres.releases import PostgresReleases
from serinus.infrastructure.postgres.routing import PostgresRoutings
from tests.support.releasing import Who, add_evidence, plan, steering
from tests.support.waiting import until

WHO: Who = {"actor": "cli:naoko", "reason": "because"}


class Nothing:
    async def state(self, _release_id: object) -> ComparisonState | None:
        return None


async def serve(pool: asyncpg.Pool, release: Release, *, errors: int = 0) -> None:
    """What both arms did while the release stood there; errors are the candidate's."""
    if release.share > NOTHING:
        await add_evidence(
            pool, release.id, release.epoch, Arm.CANDIDATE, requests=5000, errors=errors
        )
    if release.share < Share(9900):
        await add_evidence(
            pool, release.id, release.epoch, Arm.STABLE, requests=5000, stratum=255
        )


def ticking(pool: asyncpg.Pool) -> Ticking:
    return Ticking(PostgresReleases(pool), Nothing())


async def test_a_whole_release_goes_up_and_can_be_made_again_from_its_record(
    pool: asyncpg.Pool,
) -> None:
    steer, judge = steering(pool), ticking(pool)
    release = await steer.start(plan(), **WHO)
    shares = []
    for _ in range(12):
        await serve(pool, release)
        await judge.tick()
        release = (await steer.releases())[0]
        shares.append(release.share.percent)

    assert list(dict.fromkeys(shares)) == ["10", "50", "90", "99", "100"]
    assert release.phase is Phase.COMPLETE
    events = await steer.history()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert verify(events) is None
    epochs = await pool.fetch("SELECT epoch, share FROM routing_epochs ORDER BY epoch")
    assert [tuple(row) for row in epochs] == [
        (1, 0),
        (2, 1000),
        (3, 5000),
        (4, 9000),
        (5, 9900),
        (6, 10000),
    ]


async def up_to(pool: asyncpg.Pool, percent: str) -> tuple[Steering, Ticking, Release]:
    """A release at that share."""
    steer, judge = steering(pool), ticking(pool)
    release = await steer.start(plan(), **WHO)
    while release.share.percent != percent:
        await serve(pool, release)
        await judge.tick()
        release = (await steer.releases())[0]
    return steer, judge, release


async def test_a_harmful_candidate_loses_all_traffic(pool: asyncpg.Pool) -> None:
    steer, judge, release = await up_to(pool, "50")

    await serve(pool, release, errors=2500)
    verdict = await judge.tick()

    status = await steer.status()
    assert verdict is not None
    assert verdict.kind is Kind.EMERGENCY
    assert status.release is not None
    assert (status.release.phase, status.share) == (Phase.ROLLED_BACK, NOTHING)
    assert status.verdict == verdict
    assert await judge.tick() is None
    assert verify(await steer.history()) is None


async def test_a_worker_whose_own_test_failed_takes_all_traffic_back(
    pool: asyncpg.Pool,
) -> None:
    steer, judge, release = await up_to(pool, "50")
    nodes = PostgresNodes(pool)

    await nodes.beat(node(epoch=release.epoch - 1, says="tripped: long ago"))
    await judge.tick()
    assert (await steer.releases())[0].share == release.share
    await nodes.beat(node(epoch=release.epoch, says="tripped: 3 of 3 failed"))
    await judge.tick()

    status, last = await steer.status(), (await steer.history())[-1]
    assert status.share == NOTHING
    assert last.actor == TRIPWIRE
    assert "3 of 3 failed" in last.reason
    assert verify(await steer.history()) is None


async def test_evidence_counts_once_however_late_it_comes(pool: asyncpg.Pool) -> None:
    _, judge, release = await up_to(pool, "90")
    await judge.tick()
    store = PostgresReleases(pool)

    await add_evidence(pool, release.id, release.epoch, Arm.CANDIDATE, requests=3)
    await add_evidence(pool, release.id, 1, Arm.STABLE, requests=5, stratum=9)
    taken: list[Cell] = []
    for _ in range(2):
        async with store.held() as held:
            assert held is not None
            taken += await held.news(since=1)

    assert [(cell.epoch, cell.arm, cell.stratum, cell.counts.requests) for cell in taken] == [
        (1, Arm.STABLE, 9, 5),
        (release.epoch, Arm.CANDIDATE, 0, 3),
    ]


async def test_what_was_taken_by_a_look_that_failed_is_taken_by_the_next(
    pool: asyncpg.Pool,
) -> None:
    release = await steering(pool).start(plan(), **WHO)
    store = PostgresReleases(pool)
    await add_evidence(pool, release.id, 1, Arm.STABLE, requests=5)

    async def fail() -> None:
        async with store.held() as held:
            assert held is not None
            assert await held.news(since=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    async with store.held() as held:
        assert held is not None
        assert len(await held.news(since=1)) == 1


async def test_a_hold_that_somebody_should_know_of_is_noted_once(pool: asyncpg.Pool) -> None:
    steer, judge = steering(pool), ticking(pool)
    await steer.start(plan(gates={"first": "manual"}), **WHO)

    _, _, verdict = [await judge.tick() for _ in range(3)]

    events = await steer.history()
    assert verdict is not None
    assert verdict.why is Why.GATE
    assert [event.kind for event in events] == ["started", "held"]
    assert verify(events) is None


async def test_one_release_runs_at_a_time(pool: asyncpg.Pool) -> None:
    outcomes = await asyncio.gather(
        *(steering(pool).start(plan(), **WHO) for _ in range(5)), return_exceptions=True
    )

    assert [type(each) for each in outcomes].count(Release) == 1
    assert [type(each) for each in outcomes].count(ReleaseRuns) == 4
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute(
            """
            INSERT INTO releases
            SELECT gen_random_uuid(), 99, salt, plan, drill, phase, stage, share, paused,
                   gate_open, since, since_epoch, epoch, version, looked_at, memory, verdict,
                   started_at, ended_at FROM releases
            """
        )


async def test_of_two_who_step_back_at_once_one_is_told_to_look_again(
    pool: asyncpg.Pool,
) -> None:
    steer, _, seen = await up_to(pool, "90")

    outcomes = await asyncio.gather(
        *(steer.step_back(**WHO, seen=Seen(seen.id, seen.version)) for _ in range(2)),
        return_exceptions=True,
    )

    assert {type(each) for each in outcomes} == {Release, MovedOn}
    assert (await steer.status()).share.percent == "50"


async def test_of_many_who_abort_at_once_one_does_and_nobody_stops_it(
    pool: asyncpg.Pool,
) -> None:
    steer, _, _ = await up_to(pool, "90")

    outcomes = await asyncio.gather(
        *(steer.abort(**WHO) for _ in range(4)), return_exceptions=True
    )

    assert [type(each) for each in outcomes].count(Release) == 1
    assert [type(each) for each in outcomes].count(NotAllowed) == 3
    assert all(isinstance(each, Release | Conflict) for each in outcomes)


async def test_the_acts_of_people_are_on_record_with_their_reasons(pool: asyncpg.Pool) -> None:
    steer, _, _ = await up_to(pool, "50")

    await steer.pause(actor="user:7", reason=" to think ")
    await steer.resume(actor="user:7", reason="thought")
    await steer.rollback(actor="key:9", reason="no")

    assert [(e.kind, e.actor, e.reason) for e in (await steer.history())[-3:]] == [
        ("paused", "user:7", "to think"),
        ("resumed", "user:7", "thought"),
        ("rolled_back", "key:9", "no"),
    ]
    assert verify(await steer.history()) is None


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "two\nlines", "a\0b"])
async def test_every_act_has_a_reason(pool: asyncpg.Pool, reason: str) -> None:
    with pytest.raises(Invalid):
        await steering(pool).start(plan(), actor="cli:naoko", reason=reason)

    assert await steering(pool).releases() == []


async def test_where_there_never_was_a_release_nothing_can_be_done_to_one(
    pool: asyncpg.Pool,
) -> None:
    steer = steering(pool)
    for act in (steer.promote, steer.pause, steer.abort):
        with pytest.raises(NoRelease):
            await act(**WHO)
    with pytest.raises(NoRelease):
        await steer.history()
    with pytest.raises(NoRelease):
        await steer.history(uuid4())
    assert await steer.pins() == {}
    assert await ticking(pool).tick() is None
    status = await steer.status()
    assert (status.release, status.share, status.epoch) == (None, NOTHING, 0)


async def test_after_a_rollback_it_takes_time_and_other_consumers(pool: asyncpg.Pool) -> None:
    steer = steering(pool)
    first = await steer.start(plan(cool_down="1h"), **WHO)
    await steer.rollback(**WHO)

    with pytest.raises(CoolingDown) as cooling:
        await steer.start(plan(), **WHO)
    assert timedelta(minutes=59) < cooling.value.wait <= timedelta(hours=1)

    await pool.execute("UPDATE releases SET ended_at = ended_at - interval '1 hour'")
    second = await steer.start(plan(), **WHO)
    await steer.abort(**WHO)
    third = await steer.start(plan(), same_consumers=True, **WHO)
    assert first.salt != second.salt == third.salt


async def test_a_release_that_was_taken_back_governs_whatever_the_settings_say(
    pool: asyncpg.Pool,
) -> None:
    steer = steering(pool)
    await steer.start(plan(), **WHO)
    await steer.abort(**WHO)
    settings = Routing(share=Share(5000), origin="API_V2_TRAFFIC_PERCENTAGE=50")

    entered = await PostgresRoutings(pool).enter(settings, at=(await steer.releases())[0].since)

    assert entered.epoch == 2
    published = await PostgresNodes(pool).beat(node())
    assert published.release is not None
    assert published.release.share == NOTHING


async def test_a_drill_leaves_everything_as_it_was(pool: asyncpg.Pool) -> None:
    steer, nodes = steering(pool), PostgresNodes(pool)
    drill = await steer.start(plan(), drill="drill-", **WHO)
    assert (await nodes.beat(node())).release == drill

    await steer.abort(**WHO)

    after = await nodes.beat(node())
    assert after.release is None
    assert after.epoch == drill.epoch + 1
    assert [each.id for each in await steer.releases()] == [drill.id]


async def test_after_a_drill_the_status_says_what_it_said_before(pool: asyncpg.Pool) -> None:
    steer = steering(pool)
    boot = Routing(share=NOTHING, origin="API_V2_TRAFFIC_PERCENTAGE=0")
    await PostgresRoutings(pool).enter(boot, at=await pool.fetchval("SELECT now()"))
    before = await steer.status()

    await steer.start(plan(), drill="drill-", **WHO)
    meanwhile = await steer.status()
    await steer.abort(**WHO)
    after = await steer.status()

    assert "comparing" in meanwhile.source
    assert (after.share, after.source, after.since) == (
        before.share,
        before.source,
        before.since,
    )
    assert after.epoch == before.epoch + 2  # workers have something new to serve, twice


async def test_after_a_drill_the_last_release_governs_as_before(pool: asyncpg.Pool) -> None:
    steer, nodes = steering(pool), PostgresNodes(pool)
    release = await steer.start(plan(cool_down="1h"), **WHO)
    release = await steer.rollback(**WHO)
    before = await steer.status()

    await steer.start(plan(), drill="drill-", **WHO)  # nothing cools down for it
    await steer.rollback(**WHO)

    assert (await nodes.beat(node())).release == release
    after = await steer.status()
    assert (after.release, after.source) == (before.release, before.source)
    with pytest.raises(CoolingDown):  # for that one, still
        await steer.start(plan(), **WHO)


async def test_a_drill_that_nobody_ends_ends_by_itself(pool: asyncpg.Pool) -> None:
    steer, judge = steering(pool), ticking(pool)
    drill = await steer.start(plan(), drill="drill-", **WHO)
    await judge.tick()
    assert (await steer.releases())[0].phase is Phase.RAMPING
    await pool.execute("UPDATE releases SET started_at = started_at - interval '10 minutes'")

    assert await judge.tick() is None

    assert (await steer.releases())[0].phase is Phase.ABORTED
    assert (await steer.status()).release is None
    events = await steer.history(drill.id)
    assert (events[-1].actor, events[-1].kind) == ("judge", "aborted")
    assert verify(events) is None


async def test_no_drill_while_consumers_are_served_by_the_candidate(
    pool: asyncpg.Pool,
) -> None:
    boot = Routing(share=Share(5000), origin="API_V2_TRAFFIC_PERCENTAGE=50")
    await PostgresRoutings(pool).enter(boot, at=await pool.fetchval("SELECT now()"))

    with pytest.raises(NotForDrills):
        await steering(pool).start(plan(), drill="drill-", **WHO)


async def test_whose_arm_is_chosen_is_told_to_all(pool: asyncpg.Pool) -> None:
    steer, nodes = steering(pool), PostgresNodes(pool)
    release = await steer.start(plan(), **WHO)

    await steer.pin("naoko", Arm.CANDIDATE, **WHO)
    await steer.pin("naoko", Arm.STABLE, **WHO)
    pinned = await nodes.beat(node())
    await steer.pin("naoko", None, **WHO)
    free = await nodes.beat(node())

    assert (pinned.pins, pinned.epoch) == ({"naoko": Arm.STABLE}, release.epoch + 2)
    assert (free.pins, free.epoch) == ({}, release.epoch + 3)
    assert await steer.pins() == {}
    assert verify(await steer.history()) is None


async def test_status_says_which_limit_is_in_force(pool: asyncpg.Pool) -> None:
    await up_to(pool, "50")
    steer = Steering(PostgresReleases(pool), PostgresNodes(pool), uuid4, Share(3000))

    status = await steer.status()

    assert status.share == Share(3000)
    assert status.source.startswith("API_V2_TRAFFIC_PERCENTAGE=30 limits release ")


async def test_workers_are_seen_with_the_time_they_took(pool: asyncpg.Pool) -> None:
    nodes = PostgresNodes(pool)
    late, quick = node(), node(epoch=1)
    await nodes.beat(late)
    await steering(pool).start(plan(), **WHO)
    published = await nodes.beat(quick)
    ended = node(epoch=1)
    await nodes.beat(ended)
    await nodes.gone(ended.node)

    seen = {each.state.node: each for each in await nodes.seen()}

    assert published.workers == 2
    assert set(seen) == {late.node, quick.node}
    assert seen[late.node].applied_after is None
    assert 0 <= (seen[quick.node].applied_after or 0) < seen[late.node].heard_ago + 30


async def test_the_record_is_only_added_to(pool: asyncpg.Pool) -> None:
    await steering(pool).start(plan(), **WHO)

    for statement in (
        "UPDATE release_events SET reason = 'another'",
        "DELETE FROM release_events",
        "TRUNCATE release_events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
            await pool.execute(statement)


async def test_of_a_release_that_is_over_for_a_day_the_sums_are_kept(
    pool: asyncpg.Pool,
) -> None:
    steer = steering(pool)
    release = await steer.start(plan(), **WHO)
    for stratum in range(20):
        await add_evidence(pool, release.id, 1, Arm.STABLE, requests=5, stratum=stratum)
    await steer.abort(**WHO)

    async def kept() -> tuple[int, ...]:
        (row,) = await pool.fetch("SELECT count(*), sum(requests) FROM release_evidence")
        return tuple(row)

    await compact(pool)
    assert await kept() == (20, 100)
    await pool.execute("UPDATE releases SET ended_at = ended_at - interval '25 hours'")
    await compact(pool)
    await compact(pool)

    assert await kept() == (1, 100)


async def test_one_worker_is_elected_and_another_when_its_session_ends(
    database_url: str,
) -> None:
    first, second = [await open_session(database_url) for _ in range(2)]
    one, other = PostgresElection(first, 1), PostgresElection(second, 2)
    try:
        assert await one.won()
        assert await one.won()
        assert not await other.won()
        await first.close()

        await until(other.won)
    finally:
        first.terminate()
        second.terminate()


async def test_an_elected_worker_that_does_nothing_any_more_is_relieved(
    database_url: str,
) -> None:
    first, second = [await open_session(database_url) for _ in range(2)]
    try:
        assert await PostgresElection(first, 1).won()
        began = asyncio.get_running_loop().time()

        await until(PostgresElection(second, 2).won)

        assert asyncio.get_running_loop().time() - began > 1.9
        assert first.is_closed() or "terminat" in await how_it_ended(first)
    finally:
        first.terminate()
        second.terminate()


async def how_it_ended(connection: asyncpg.Connection) -> str:
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as ended:
        await connection.fetchval("SELECT 1")
    return str(ended.value) + "terminated by the server" * connection.is_closed()


def node(*, epoch: int = 0, says: str = "", share: Share = NOTHING) -> NodeState:
    return NodeState(
        node=uuid4(), name="here:8000", pid=17, epoch=epoch, share=share, says=says
    )
