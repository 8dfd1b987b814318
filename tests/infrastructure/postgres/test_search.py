"""How the index is asked: what a search, a suggestion and a count cost as content grows."""

from typing import Any

import asyncpg
import pytest

from serinus.application.content.searching import DocType, SearchOrder, SearchQuery
from serinus.infrastructure.postgres.search import PostgresSearch

MANY = 3_000  # documents: enough for the planner to look for a way around reading all


@pytest.fixture
async def filled(pool: asyncpg.Pool) -> asyncpg.Pool:
    await pool.execute(
        """
        INSERT INTO search_documents (doc_type, id, title, title_key, created_at, runs, vector)
        SELECT 'post', gen_random_uuid(), title, search_fold(title), to_timestamp(n),
               terms.runs, terms.vector
          FROM generate_series(1, $1) AS n, format('Owl %s of %s 東京都', n, n % 7) AS title,
               search_terms(title, NULL, NULL) AS terms
        """,
        MANY,
    )
    await pool.execute(
        """
        INSERT INTO tags (id, name, name_key, slug, usage_count, created_at, updated_at)
        SELECT gen_random_uuid(), n, n, n, 1, now(), now()
          FROM generate_series(1, $1) AS i, format('owl %s', i) AS n
        """,
        MANY,
    )
    await pool.execute("VACUUM ANALYZE search_documents")
    await pool.execute("VACUUM ANALYZE tags")
    return pool


class Explained:
    """A pool that gives the plan in place of what was asked for."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.plan = ""

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        rows = await self._pool.fetch(f"EXPLAIN {sql}", *arguments)
        self.plan = "\n".join(row[0] for row in rows)
        return await self._pool.fetch(sql, *arguments)


@pytest.mark.parametrize("order", SearchOrder)
@pytest.mark.parametrize("text", ["owl 5", "東京都", "京", "of"])
async def test_a_search_reads_the_index_and_compares_no_match_with_another(
    filled: asyncpg.Pool, order: SearchOrder, text: str
) -> None:
    explained: Any = Explained(filled)

    found = await PostgresSearch(explained).search(SearchQuery(text=text, order=order))

    assert found.hits
    assert "search_documents_vector" in explained.plan
    # A nested loop of matches over matches would cost their square.
    assert "Join Filter" not in explained.plan


async def test_suggestions_are_read_off_two_indexes(filled: asyncpg.Pool) -> None:
    explained: Any = Explained(filled)

    suggested = await PostgresSearch(explained).suggest("OWL 29", 5)

    assert suggested == [
        "owl 29",
        "Owl 29 of 1 東京都",
        "owl 290",
        "Owl 290 of 3 東京都",
        "owl 2900",
    ]
    assert "using search_documents_title" in explained.plan
    assert "using tags_suggested" in explained.plan


async def test_counts_are_of_each_type(filled: asyncpg.Pool) -> None:
    counts = await PostgresSearch(filled).counts()

    assert counts == {DocType.POST: MANY, DocType.USER: 0}
