"""Categories in PostgreSQL. Their places in the tree are kept by triggers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from serinus.application import acting
from serinus.application.content.ports import Slugs
from serinus.domain.content.categories import (
    MAX_DEPTH,
    Branch,
    CategoryCycle,
    CategoryHasChildren,
    CategoryNotFound,
    CategoryTaken,
    no_such_parent,
    too_deep,
)
from serinus.domain.content.listing import Condition, Listing, Op, Page
from serinus.domain.content.taxonomy import CategoryId
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import (
    Arguments,
    Column,
    beyond,
    compare,
    count_of,
    order_by,
)
from serinus.infrastructure.postgres.rounds import LostRace, in_rounds
from serinus.infrastructure.postgres.terms import free_slug

Connection = asyncpg.Pool | PoolConnectionProxy

PLAIN = """
    p.id, p.parent_id, p.slug, p.name, p.description, p.lineage, p.created_at, p.updated_at,
    p.version"""

PATH = """
    ARRAY(SELECT a.slug FROM unnest(p.lineage) WITH ORDINALITY step (id, level)
            JOIN categories a ON a.id = step.id ORDER BY step.level)"""

COLUMNS = f"{PLAIN}, {PATH} AS path"

# In an order that an index has whatever the database's locale: so the names that begin with
# something are neighbours.
NAME = 'p.name COLLATE "C"'
# Of an index that goes on with an order, as none does after IS NULL.
TOP = UUID(int=0)
PARENT = f"coalesce(p.parent_id, '{TOP}')"

SORTED: Mapping[str, Column] = {
    "tree": Column("p.lineage", "uuid[]"),
    "name": Column(NAME, "text"),
    "created_at": Column("p.created_at", "timestamptz"),
}
FILTERED = {
    "slug": ("p.slug", "text"),
    "name": (NAME, "text"),
    "created_at": ("p.created_at", "timestamptz"),
}

GET = f"SELECT {COLUMNS} FROM categories p WHERE p.id = $1"  # noqa: S608 - constants

# What the statement itself inserts it does not see: its own slug ends the path.
ADD = f"""
WITH p AS (
    INSERT INTO categories (id, parent_id, slug, name, description, created_at, updated_at,
                            version)
    SELECT $1, $2, CASE WHEN $4 THEN $3 ELSE {free_slug("categories", "$3")} END,
           $5, $6, $7, $8, $9
     WHERE (SELECT acting($10))
    ON CONFLICT DO NOTHING
    RETURNING *
)
SELECT {PLAIN}, {PATH} || p.slug AS path FROM p
"""  # noqa: S608 - constants

SAVE = """
UPDATE categories
   SET parent_id = $3, slug = $4, name = $5, description = $6, updated_at = $7,
       version = version + 1
 WHERE id = $1 AND version = $2 AND (SELECT acting($8))
"""

# As it is after a move, with what came along.
MOVED = f"""
SELECT {COLUMNS},
       (SELECT max(cardinality(b.lineage)) FROM categories b
         WHERE b.lineage >= p.lineage
           AND b.lineage < p.lineage || 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AS deepest
  FROM categories p WHERE p.id = $1
"""  # noqa: S608 - constants

# Posts first, then categories: whoever writes a post in the category holds the post and wants
# the category.
LOCK_POSTS = """
SELECT FROM posts WHERE id IN (SELECT post_id FROM post_categories WHERE category_id = $1)
 ORDER BY id FOR NO KEY UPDATE
"""

# From here on nobody can give it to a post, or put a category below it.
LOCK = "SELECT FROM categories WHERE id = $1 AND version = $2 FOR UPDATE"

DELETE = "DELETE FROM categories WHERE id = $1 AND (SELECT acting($2))"

VERSION = "SELECT version FROM categories WHERE id = $1"


class PostgresCategories:
    """Both the store of the use cases and the reader of the edges."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, category_id: CategoryId) -> Branch:
        with translate_errors():
            row = await self._pool.fetchrow(GET, category_id)
        if row is None:
            raise CategoryNotFound(f"no category {category_id}")
        return _branch(row)

    async def page(self, listing: Listing) -> Page[Branch]:
        arguments = Arguments()
        sql = page_sql(listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        return Page.cut(
            [_branch(row) for row in rows if row["id"] is not None],
            listing,
            count_of(rows, listing),
        )

    async def add(self, branch: Branch, slugs: Slugs) -> Branch:
        async def once() -> Branch:
            async with self._pool.acquire() as connection, connection.transaction():
                with _violations():
                    row = await connection.fetchrow(
                        ADD,
                        branch.id,
                        branch.parent_id,
                        slugs.first,
                        slugs.exact,
                        branch.name,
                        branch.description,
                        branch.created_at,
                        branch.updated_at,
                        branch.version,
                        acting.told(),
                    )
                if row is None and slugs.exact:
                    raise CategoryTaken("another category has this slug")
                if row is None:
                    raise LostRace
                if len(row["lineage"]) > MAX_DEPTH:
                    raise too_deep()
            return _branch(row)

        return await in_rounds(once)

    async def save(self, branch: Branch) -> Branch:
        async def once() -> Branch:
            async with self._pool.acquire() as connection, connection.transaction():
                with _violations():
                    done = await connection.execute(
                        SAVE,
                        branch.id,
                        branch.version,
                        branch.parent_id,
                        branch.slug,
                        branch.name,
                        branch.description,
                        branch.updated_at,
                        acting.told(),
                    )
                row = await connection.fetchrow(MOVED, branch.id)
                if row is None or done == "UPDATE 0":
                    raise await _missed(connection, branch.id)
                moved = _branch(row)
                if moved.lineage != branch.lineage and row["deepest"] > MAX_DEPTH:
                    raise too_deep()
            return moved

        return await in_rounds(once)

    async def delete(self, category_id: CategoryId, version: int) -> None:
        async def once() -> None:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(LOCK_POSTS, category_id)
                if await connection.fetchrow(LOCK, category_id, version) is None:
                    raise await _missed(connection, category_id)
                with _violations():
                    await connection.execute(DELETE, category_id, acting.told())

        await in_rounds(once)


@contextmanager
def _violations() -> Iterator[None]:
    """What a violated constraint means here."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise CategoryTaken("another category has this slug") from error
    except asyncpg.ForeignKeyViolationError as error:
        if error.detail and "still referenced" in error.detail:
            raise CategoryHasChildren("move or delete what is below it first") from error
        raise no_such_parent() from error
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "categories_depth":
            raise too_deep() from error
        raise CategoryCycle("a category is not put below itself") from error


async def _missed(connection: Connection, category_id: CategoryId) -> Stale | CategoryNotFound:
    """Why a write found no category of the version it was made for."""
    version = await connection.fetchval(VERSION, category_id)
    if version is None:
        return CategoryNotFound(f"no category {category_id}")
    return Stale(version)


def page_sql(listing: Listing, arguments: Arguments) -> str:
    where = " AND ".join(["true", *_conditions(listing.conditions, arguments)])
    parents = _parents(listing.conditions, arguments)
    start = beyond(listing, SORTED, arguments) or "true"
    order = order_by(listing, SORTED)
    limit = arguments.add(listing.limit + 1, "integer")
    below = f"{where} AND {PARENT} = above.id" if parents else where
    along = _below(order) if parents else order
    cut = f"""
        SELECT p.* FROM categories p WHERE {below} AND {start}
         ORDER BY {along} LIMIT {limit}"""  # noqa: S608 - constants and numbered parameters
    if parents:
        # Each parent off its own part of an index, as far as it can be on this page.
        cut = f"""
            SELECT p.* FROM {parents} CROSS JOIN LATERAL ({cut}) p
             ORDER BY {order} LIMIT {limit}"""  # noqa: S608 - likewise
    # Cut first: the path of what is not shown is not looked up.
    page = f"SELECT {COLUMNS} FROM ({cut}) p ORDER BY {order}"  # noqa: S608 - likewise
    if listing.counting is None:
        return page
    # There are few enough categories to count them: an estimate would be no cheaper.
    matching = f"{parents} CROSS JOIN categories p" if parents else "categories p"
    total = f"SELECT count(*) AS total FROM {matching} WHERE {below}"  # noqa: S608
    return f"SELECT * FROM ({total}) total LEFT JOIN LATERAL ({page}) page ON true"  # noqa: S608


def _conditions(conditions: Sequence[Condition], arguments: Arguments) -> list[str]:
    return [
        compare(column, condition.op, condition.values, kind, arguments)
        for condition in conditions
        if condition.field != "parent"
        for column, kind in [FILTERED[condition.field]]
    ]


def _below(order: str) -> str:
    """The same, as only the indexes have it that begin with the parent: see migration 0013."""
    first, key = order.split(", ")
    nulls = "LAST" if first.endswith("DESC") else "FIRST"
    return f"{first} NULLS {nulls}, {key}"


def _parents(conditions: Sequence[Condition], arguments: Arguments) -> str | None:
    """What categories are asked for directly below: `above.id`, each once."""
    for condition in conditions:
        if condition.field == "parent":
            top = condition.op is Op.NULL
            ids = [TOP] if top else [each for each in condition.values if each != TOP]
            return f"unnest({arguments.add(ids, 'uuid[]')}) AS above (id)"
    return None


def _branch(row: asyncpg.Record) -> Branch:
    return Branch(
        id=CategoryId(row["id"]),
        parent_id=row["parent_id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        lineage=tuple(row["lineage"]),
        path=tuple(row["path"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )
