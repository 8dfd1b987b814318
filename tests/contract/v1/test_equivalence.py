"""Whatever is done in whatever order, both engines answer the same and store the same.

Scripts are drawn anew in every run; one that tells the engines apart is shrunk and printed, and
stays in `.hypothesis` until it passes.
"""

from collections.abc import Callable, Iterator

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.contract.v1.equivalence.mistakes import MISTAKES
from tests.contract.v1.equivalence.playing import Difference, Stage, staged
from tests.contract.v1.equivalence.scripts import scripts
from tests.contract.v1.equivalence.steps import Step
from tests.contract.v1.equivalence.tally import PROPERTY, succeeded
from tests.contract.v1.equivalence.worlds import TABLES, UNTOUCHED
from tests.support.databases import Clones

# Some seconds as a rule, but finding the shortest script takes longer.
pytestmark = pytest.mark.timeout(900)

SHARDS, SCRIPTS = 16, 128
law = settings(
    deadline=None,
    max_examples=SCRIPTS,
    print_blob=True,
    derandomize=False,  # where `CI` is set, it is by default the same scripts each time
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture
def stage(clones: Clones) -> Iterator[Stage]:
    with staged(clones) as stage:
        yield stage


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_engines_cannot_be_told_apart(
    stage: Stage, shard: int, record_property: Callable[[str, object], None]
) -> None:
    @law
    @given(scripts)
    def play(script: list[Step]) -> None:
        stage.play(script)

    try:
        play()
    finally:
        record_property(PROPERTY, dict(stage.counts))
    assert succeeded(stage.counts) > 0.4  # or it would compare refusals


async def test_every_table_is_compared_or_left_out_for_a_reason(pool: asyncpg.Pool) -> None:
    found = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert {row["tablename"] for row in found} == {*TABLES, *UNTOUCHED}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_engine_that_makes_a_mistake_is_told_apart(stage: Stage, mistake: str) -> None:
    stage.worlds[1].app = MISTAKES[mistake](stage.worlds[1].app)

    @settings(law, max_examples=5 * SCRIPTS, database=None, phases=[Phase.generate])
    @given(scripts)
    def play(script: list[Step]) -> None:
        stage.play(script)

    with pytest.raises(Difference):
        play()
