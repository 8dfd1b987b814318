"""Search: one statement for a page of hits, their scores and the exact counts.

The index, and how texts and queries become lexemes, are the database's own: see the migration
that makes `search_documents`. Engine v1 asks it in the same words, and has the same scores.
"""

from collections.abc import Mapping

import asyncpg

from serinus.application.content.searching import (
    DocType,
    Found,
    Hit,
    SearchOrder,
    SearchQuery,
)
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.numbered_pages import MAX_OFFSET

#: Of more matches only the newest are ranked; the others follow, as if they scored nothing.
MOST_RANKED = 1_000

_MATCHED = """
    query AS MATERIALIZED (SELECT * FROM search_query($1)),
    matched AS MATERIALIZED (
        SELECT d.doc_type, d.id, d.{key} AS key FROM search_documents d, query
         WHERE d.vector @@ query.matching
           AND (cardinality(query.runs) = 0 OR NOT EXISTS (
                SELECT FROM unnest(query.runs) AS run WHERE strpos(d.runs, run) = 0))
    ),
    counted AS (
        SELECT count(*) FILTER (WHERE doc_type = 'post') AS posts,
               count(*) FILTER (WHERE doc_type = 'user') AS users FROM matched
    ),
    wanted AS (SELECT * FROM matched WHERE $2::text IS NULL OR doc_type = $2)"""
_SCORE = "round(ts_rank(d.vector, query.ranking)::numeric, 6)::float8"
_RANKED = f"""
    aged AS (SELECT *, row_number() OVER (ORDER BY key DESC, id DESC, doc_type) AS age
               FROM wanted),
    scored AS (
        SELECT doc_type, id, CASE WHEN age > {MOST_RANKED} THEN 0 ELSE (
                   SELECT {_SCORE} FROM search_documents d
                    WHERE d.doc_type = aged.doc_type AND d.id = aged.id) END AS score
          FROM aged, query
    ),
    page AS (SELECT * FROM scored ORDER BY {{order}} LIMIT $3 OFFSET $4),
    shown AS (SELECT * FROM page JOIN search_documents USING (doc_type, id))"""  # noqa: S608 - constants
_SORTED = f"""
    page AS (SELECT * FROM wanted ORDER BY {{order}} LIMIT $3 OFFSET $4),
    shown AS (
        SELECT d.*, page.key, {_SCORE} AS score
          FROM page JOIN search_documents d USING (doc_type, id), query
    )"""  # noqa: S608 - constants
# What is kept of each match, by what the hits are sorted, and how their page is cut.
_ORDERS = {
    SearchOrder.RELEVANCE: ("created_at", "score", _RANKED),
    SearchOrder.CREATED_AT: ("created_at", "key", _SORTED),
    SearchOrder.TITLE: ("title_key", 'key COLLATE "C"', _SORTED),
}


class PostgresSearch:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def search(self, query: SearchQuery) -> Found:
        with translate_errors():
            rows = await self._pool.fetch(
                _search_sql(query),
                query.text,
                query.doc_type,
                query.limit,
                min(query.offset, MAX_OFFSET),
            )
        counts = {DocType.POST: rows[0]["posts"], DocType.USER: rows[0]["users"]}
        return Found(tuple(_hit(row) for row in rows if row["id"] is not None), counts)

    async def suggest(self, prefix: str, limit: int) -> list[str]:
        with translate_errors():
            rows = await self._pool.fetch(
                """
                WITH asked AS MATERIALIZED (
                    SELECT search_fold($1) AS low, search_fold($1) || chr(1114111) AS high
                )
                SELECT suggestion FROM (
                    (SELECT DISTINCT title_key COLLATE "C" AS key,
                            title COLLATE "C" AS suggestion
                       FROM search_documents
                      WHERE doc_type = 'post'
                        AND title_key COLLATE "C" >= (SELECT low FROM asked)
                        AND title_key COLLATE "C" < (SELECT high FROM asked)
                      ORDER BY key, suggestion LIMIT $2)
                    UNION
                    (SELECT search_fold(name) COLLATE "C" AS key, name COLLATE "C" AS suggestion
                       FROM tags
                      WHERE usage_count > 0
                        AND search_fold(name) COLLATE "C" >= (SELECT low FROM asked)
                        AND search_fold(name) COLLATE "C" < (SELECT high FROM asked)
                      ORDER BY key, suggestion LIMIT $2)
                ) AS suggested
                ORDER BY key, suggestion LIMIT $2
                """,
                prefix,
                limit,
            )
        return [row["suggestion"] for row in rows]

    async def counts(self) -> Mapping[DocType, int]:
        with translate_errors():
            (row,) = await self._pool.fetch(
                """
                SELECT count(*) FILTER (WHERE doc_type = 'post') AS post,
                       count(*) FILTER (WHERE doc_type = 'user') AS user FROM search_documents
                """
            )
        return {doc_type: row[doc_type.value] for doc_type in DocType}

    async def rebuild(self) -> None:
        for doc_type in DocType:
            last = await self._rebuild(doc_type, None)
            while last is not None:
                last = await self._rebuild(doc_type, last)

    async def _rebuild(self, doc_type: DocType, after: object) -> object:
        with translate_errors():
            return await self._pool.fetchval(
                "SELECT rebuild_search_documents($1, $2)", doc_type, after
            )


def _search_sql(query: SearchQuery) -> str:
    """The page is cut from narrow rows: titles and excerpts are read for its hits only."""
    way = "DESC" if query.descending else "ASC"
    key, column, cut = _ORDERS[query.order]
    order = f"{column} {way}, id {way}, doc_type {way}"
    return f"""
        WITH {_MATCHED.format(key=key)}, {cut.format(order=order)}
        SELECT posts, users, doc_type, id, title, excerpt, created_at, score
          FROM counted LEFT JOIN shown ON true ORDER BY {order}
    """  # noqa: S608 - made of constants; what a caller sends is a parameter


def _hit(row: asyncpg.Record) -> Hit:
    return Hit(
        id=row["id"],
        doc_type=DocType(row["doc_type"]),
        title=row["title"],
        excerpt=row["excerpt"],
        score=row["score"],
        created_at=row["created_at"],
    )
