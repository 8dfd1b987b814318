"""Made-up content in PostgreSQL: copied in batches, each a transaction, several at a time.

What was made is written down with every batch, so that the next call goes on after it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from serinus.application import acting
from serinus.application.content.import_ports import ImportRunning
from serinus.infrastructure.generated import population
from serinus.infrastructure.generated.population import MAIL_DOMAIN, Author, Named, Size
from serinus.infrastructure.generated.rows import COLUMNS, Cast, PostRows
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.importing import LOCK

T = TypeVar("T", Author, Named)

BATCH = 1_000  # posts
AT_ONCE = 2  # batches
PATIENCE = 600.0  # seconds for one statement, however slow the machine is
#: Posts first and tags last: other writers wait for a batch only while its tags are counted.
ORDER = ("posts", "slugs", "post_categories", "comments", "post_tags")
GATHER_STATISTICS = "ANALYZE posts, slugs, post_tags, post_categories, comments, tags"

# Posts of authors who were not made up are somebody's work.
HOLDS_CONTENT = """
SELECT EXISTS (SELECT FROM users u
                WHERE right(email, length($1) + 1) <> '@' || $1
                  AND EXISTS (SELECT FROM posts p WHERE p.author_id = u.id))
"""

ADD_AUTHORS = """
INSERT INTO users (id, username, username_key, email, first_name, last_name, role,
                   created_at, updated_at)
SELECT id, username, username, username || '@' || $4, first_name, last_name, role, $2, $2
  FROM jsonb_to_recordset($1)
       AS a (id uuid, username text, first_name text, last_name text, role text)
 WHERE (SELECT acting($3))
ON CONFLICT DO NOTHING
"""
ADD_TAGS = """
INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)
SELECT id, name, key, slug, $2, $2
  FROM jsonb_to_recordset($1) AS t (id uuid, name text, key text, slug text)
 WHERE (SELECT acting($3))
ON CONFLICT DO NOTHING
"""
ADD_CATEGORIES = """
INSERT INTO categories (id, name, slug, created_at, updated_at)
SELECT id, name, slug, $2, $2
  FROM jsonb_to_recordset($1) AS c (id uuid, name text, slug text)
 WHERE (SELECT acting($3))
ON CONFLICT DO NOTHING
"""
# Not those whose names were taken.
AUTHORS = "SELECT id FROM users WHERE id = ANY ($1)"
TAGS = "SELECT id FROM tags WHERE id = ANY ($1)"
CATEGORIES = "SELECT id FROM categories WHERE id = ANY ($1)"

# A batch is known by the numbers of its posts, as what is imported is by its address.
MADE = """
INSERT INTO import_origins (source, kind, address, target_id, digest, imported_at)
VALUES ($1, 'post', $2, $3, $4, $5)
"""
NEXT = """
SELECT coalesce(max(split_part(address, '-', 2)::bigint) + 1, 0)
  FROM import_origins WHERE source = $1 AND kind = 'post'
"""

OnProgress = Callable[[int], None]
"""Called with how many posts a batch has added."""


class PostgresGeneration:
    """`pool` has a connection for each of `AT_ONCE` batches and one more."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def holds_content(self) -> bool:
        """Whether there are posts that were not made up."""
        with translate_errors():
            return bool(await self._pool.fetchval(HOLDS_CONTENT, MAIL_DOMAIN))

    async def add(
        self, posts: int, size: Size, *, seed: int, at: datetime, on_progress: OnProgress
    ) -> None:
        """Raise `ImportRunning` when another import or generation is under way."""
        today = at.replace(hour=0, minute=0, second=0, microsecond=0)
        source = f"generate:{seed}"
        with translate_errors():
            async with self._alone():
                first = await self._pool.fetchval(NEXT, source)
                numbers = range(first, first + posts)
                making = PostRows(seed, await self._cast(seed, size), numbers, today)
                left = _batches(numbers)
                await _together(
                    self._add_each(left, making, source, on_progress) for _ in range(AT_ONCE)
                )
                await self._pool.execute(GATHER_STATISTICS, timeout=PATIENCE)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with self._pool.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                raise ImportRunning("another import is running on this database")
            try:
                yield
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)

    async def _cast(self, seed: int, size: Size) -> Cast:
        """Everybody and everything that posts need, added where it is missing."""
        authors = list(population.authors(seed, size.authors))
        tags = list(population.tags(size.tags))
        categories = list(population.categories(size.categories))
        told = (population.SINCE, acting.told())
        await self._pool.execute(ADD_AUTHORS, authors, *told, MAIL_DOMAIN)
        await self._pool.execute(ADD_TAGS, tags, *told)
        await self._pool.execute(ADD_CATEGORIES, categories, *told)
        return Cast(
            authors=await self._there(AUTHORS, authors),
            tags=[each.id for each in await self._there(TAGS, tags)],
            categories=[each.id for each in await self._there(CATEGORIES, categories)],
            comments=size.comments,
        )

    async def _there(self, sql: str, made: Sequence[T]) -> list[T]:
        ids = {row["id"] for row in await self._pool.fetch(sql, [each.id for each in made])}
        return [each for each in made if each.id in ids]

    async def _add_each(
        self,
        left: Iterator[range],
        making: PostRows,
        source: str,
        on_progress: OnProgress,
    ) -> None:
        """One batch after the other, of those that nobody else has taken."""
        async with self._pool.acquire() as connection:
            for numbers in left:
                async with connection.transaction():
                    await _add(connection, numbers, making, source)
                on_progress(len(numbers))


async def _together(works: Iterable[Coroutine[None, None, None]]) -> None:
    """The first failure ends all of them, and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed


def _batches(numbers: range) -> Iterator[range]:
    return (numbers[at : at + BATCH] for at in range(0, len(numbers), BATCH))


async def _add(
    connection: PoolConnectionProxy, numbers: range, making: PostRows, source: str
) -> None:
    rows = making.of(numbers)
    await connection.execute("SELECT acting($1)", acting.told())
    for table in ORDER:
        await connection.copy_records_to_table(
            table, records=getattr(rows, table), columns=COLUMNS[table], timeout=PATIENCE
        )
    address = f"{numbers[0]}-{numbers[-1]}"
    digest = sha256(f"{source} {address}".encode()).digest()
    await connection.execute(MADE, source, address, rows.posts[0][0], digest, making.today)
