"""The tree of categories under everything that writes it at the same time."""

import asyncio
import random
import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.ports import Slugs
from serinus.domain.content.categories import Branch, CategoryCycle
from serinus.domain.content.taxonomy import CategoryId
from serinus.domain.errors import Invalid, Stale
from serinus.infrastructure.postgres.categories import PostgresCategories
from serinus.infrastructure.postgres.migrations.revisions import MIGRATIONS
from serinus.infrastructure.postgres.migrations.runner import migrate
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.content import NOON

INSERT = """
INSERT INTO categories (id, parent_id, name, slug, created_at, updated_at)
SELECT id, parent_id, id::text, id::text, $3, $3
  FROM unnest($1::uuid[], $2::uuid[]) AS n (id, parent_id)
"""


@pytest.fixture
def categories(pool: asyncpg.Pool) -> PostgresCategories:
    return PostgresCategories(pool)


async def add(categories: PostgresCategories, parent: Branch | None = None) -> Branch:
    branch = Branch(
        id=CategoryId(uuid7()),
        parent_id=parent.id if parent else None,
        slug="",
        name="a name",
        description=None,
        created_at=NOON,
        updated_at=NOON,
    )
    return await categories.add(branch, Slugs(f"s{branch.id.hex}", exact=False))


async def move(
    categories: PostgresCategories, which: CategoryId, to: CategoryId | None
) -> None:
    """Like an editor who tries once, on what is there right now."""
    found = await categories.get(which)
    changed = {name: getattr(found, name) for name in Branch.__dataclass_fields__}
    try:
        await categories.save(Branch(**changed | {"parent_id": to}))
    except (CategoryCycle, Invalid, Stale):
        return


async def misplaced(pool: asyncpg.Pool) -> list[UUID]:
    """Those whose lineage is not what their parents say; on a circle there is nothing right."""
    rows = await pool.fetch("""
        WITH RECURSIVE right_one (id, lineage) AS (
            SELECT id, ARRAY[id] FROM categories WHERE parent_id IS NULL
             UNION ALL
            SELECT c.id, r.lineage || c.id
              FROM right_one r JOIN categories c ON c.parent_id = r.id
        )
        SELECT c.id FROM categories c LEFT JOIN right_one r USING (id)
         WHERE c.lineage IS DISTINCT FROM r.lineage""")
    return [row["id"] for row in rows]


async def insert(pool: asyncpg.Pool, pairs: Iterable[tuple[UUID, UUID | None]]) -> None:
    ids, parents = zip(*pairs, strict=True)
    await pool.execute(INSERT, ids, parents, NOON)


@pytest.mark.parametrize("seed", range(3))
async def test_moves_at_the_same_time_never_make_a_circle_nor_lose_a_category(
    pool: asyncpg.Pool, categories: PostgresCategories, seed: int
) -> None:
    drawn = random.Random(seed)  # noqa: S311 - a test
    nodes = [await add(categories) for _ in range(8)]
    ids = [node.id for node in nodes]

    async def gardener() -> None:
        for _ in range(15):
            await move(categories, drawn.choice(ids), drawn.choice([*ids, None]))

    await asyncio.gather(*(gardener() for _ in range(6)))

    assert await misplaced(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM categories") == len(ids)


async def test_of_two_moves_that_make_a_circle_together_one_is_refused(
    pool: asyncpg.Pool, categories: PostgresCategories
) -> None:
    a, b = await add(categories), await add(categories)

    async with pool.acquire() as one, pool.acquire() as two:
        first = one.transaction()
        await first.start()
        await one.execute("UPDATE categories SET parent_id = $2 WHERE id = $1", a.id, b.id)
        second = asyncio.create_task(
            two.execute("UPDATE categories SET parent_id = $2 WHERE id = $1", b.id, a.id)
        )
        await asyncio.wait({second}, timeout=0.1)
        await first.commit()
        with pytest.raises(asyncpg.CheckViolationError, match="below itself"):
            await second

    assert await misplaced(pool) == []


async def test_a_child_of_what_is_being_moved_lands_where_it_went(
    pool: asyncpg.Pool, categories: PostgresCategories
) -> None:
    a, b = await add(categories), await add(categories)

    async with pool.acquire() as mover, mover.transaction():
        await mover.execute("UPDATE categories SET parent_id = $2 WHERE id = $1", a.id, b.id)
        child = asyncio.create_task(add(categories, a))
        await asyncio.wait({child}, timeout=0.1)

    assert (await child).lineage == (b.id, a.id, (await child).id)
    assert await misplaced(pool) == []


async def test_a_statement_may_bring_children_before_their_parents(pool: asyncpg.Pool) -> None:
    ids = [uuid7() for _ in range(50)]
    chain = list(zip(ids, [None, *ids[:-1]], strict=True))

    await insert(pool, chain[::-1])

    assert await misplaced(pool) == []


async def test_a_statement_that_brings_a_circle_is_refused(pool: asyncpg.Pool) -> None:
    a, b = uuid7(), uuid7()

    with pytest.raises(asyncpg.CheckViolationError, match="below itself"):
        await insert(pool, [(a, b), (b, a)])


async def test_one_statement_may_move_many(pool: asyncpg.Pool) -> None:
    ids = [uuid7() for _ in range(6)]
    a, b, c, d, e, f = ids
    await insert(pool, [(a, None), (b, a), (c, b), (d, None), (e, d), (f, e)])

    await pool.execute(
        "UPDATE categories c SET parent_id = m.parent FROM unnest($1::uuid[], $2::uuid[])"
        " AS m (id, parent) WHERE c.id = m.id",
        [a, d, b],
        [f, None, e],
    )

    assert await misplaced(pool) == []


async def test_top_level_categories_are_added_without_waiting(
    pool: asyncpg.Pool, categories: PostgresCategories
) -> None:
    a, b = await add(categories), await add(categories)

    async with pool.acquire() as mover, mover.transaction():
        await mover.execute("UPDATE categories SET parent_id = $2 WHERE id = $1", a.id, b.id)
        async with asyncio.timeout(10):
            await add(categories)


async def test_categories_of_before_are_put_in_their_places(
    blank_database_url: str, tmp_path: Path
) -> None:
    before = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    for step in (before / "versions").glob("*.*"):
        if step.name >= "0009":
            step.unlink()
    await asyncio.to_thread(migrate, blank_database_url, migrations=before)
    a, b, c = uuid7(), uuid7(), uuid7()
    pool = await open_pool(blank_database_url)
    await insert(pool, [(c, b), (b, a), (a, None)])

    await asyncio.to_thread(migrate, blank_database_url)

    assert await misplaced(pool) == []
    await pool.close()
