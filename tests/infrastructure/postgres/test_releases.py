"""Releases in PostgreSQL: one runs, one governs, and what was done to it is on record."""

import asyncpg

from serinus.application.release.ticking import Ticking
from serinus.domain.release.assignment import NOTHING, Arm, Share
from serinus.domain.release.phase import Phase
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import ComparisonState
from serinus.domain.release.verifying import verify
from serinus.infrastructure.postgres.releases import PostgresReleases
from tests.support.releasing import add_evidence, plan, steering

WHO = {"actor": "cli:naoko", "reason": "because"}


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
