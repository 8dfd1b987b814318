"""Searching. The index, and how texts become lexemes, are the database's: see its migrations.

Scores are part of the contract, so that both engines ask for them in the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

MAX_OFFSET = 2**62  # bigint holds little more, and no table as much
MOST_RANKED = 1_000  # the newest matches; the others follow, as if they scored nothing

MATCHED = """
    query AS MATERIALIZED (SELECT * FROM search_query(:text)),
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
    wanted AS (
        SELECT * FROM matched
         WHERE CAST(:doc_type AS text) IS NULL OR doc_type = CAST(:doc_type AS text)
    )"""
SCORE = "CAST(round(CAST(ts_rank(d.vector, query.ranking) AS numeric), 6) AS float8)"
BY_RELEVANCE = f"""
    aged AS (SELECT *, row_number() OVER (ORDER BY key DESC, id DESC, doc_type) AS age
               FROM wanted),
    scored AS (
        SELECT doc_type, id, CASE WHEN age > {MOST_RANKED} THEN 0 ELSE (
                   SELECT {SCORE} FROM search_documents d
                    WHERE d.doc_type = aged.doc_type AND d.id = aged.id) END AS score
          FROM aged, query
    ),
    page AS (SELECT * FROM scored ORDER BY {{order}} LIMIT :limit OFFSET :offset),
    shown AS (SELECT * FROM page JOIN search_documents USING (doc_type, id))"""  # noqa: S608 - constants
BY_COLUMN = f"""
    page AS (SELECT * FROM wanted ORDER BY {{order}} LIMIT :limit OFFSET :offset),
    shown AS (
        SELECT d.*, page.key, {SCORE} AS score
          FROM page JOIN search_documents d USING (doc_type, id), query
    )"""  # noqa: S608 - constants
# What is kept of each match, by what the hits are sorted, and how their page is cut.
SORTS = {
    "relevance": ("created_at", "score", BY_RELEVANCE),
    "created_at": ("created_at", "key", BY_COLUMN),
    "title": ("title_key", 'key COLLATE "C"', BY_COLUMN),
}

SUGGESTED = text("""
    WITH asked AS MATERIALIZED (
        SELECT search_fold(:prefix) AS low, search_fold(:prefix) || chr(1114111) AS high
    )
    SELECT suggestion FROM (
        (SELECT DISTINCT title_key COLLATE "C" AS key, title COLLATE "C" AS suggestion
           FROM search_documents
          WHERE doc_type = 'post' AND title_key COLLATE "C" >= (SELECT low FROM asked)
            AND title_key COLLATE "C" < (SELECT high FROM asked)
          ORDER BY key, suggestion LIMIT :limit)
        UNION
        (SELECT search_fold(name) COLLATE "C" AS key, name COLLATE "C" AS suggestion
           FROM tags
          WHERE usage_count > 0 AND search_fold(name) COLLATE "C" >= (SELECT low FROM asked)
            AND search_fold(name) COLLATE "C" < (SELECT high FROM asked)
          ORDER BY key, suggestion LIMIT :limit)
    ) AS suggested
    ORDER BY key, suggestion LIMIT :limit
""")
COUNTED = text("""
    SELECT count(*) FILTER (WHERE doc_type = 'post') AS posts,
           count(*) FILTER (WHERE doc_type = 'user') AS users FROM search_documents
""")


@dataclass(frozen=True, slots=True)
class SearchFilter:
    text: str
    doc_type: str | None
    sort_by: str
    descending: bool
    limit: int
    offset: int


async def find_hits(session: AsyncSession, query: SearchFilter) -> Sequence[Row[Any]]:
    """The hits of the page, each beside the counts of all; without any, the counts alone."""
    parameters = {
        "text": query.text,
        "doc_type": query.doc_type,
        "limit": query.limit,
        "offset": min(query.offset, MAX_OFFSET),
    }
    return (await session.execute(_statement(query), parameters)).all()


async def find_suggestions(session: AsyncSession, prefix: str, limit: int) -> list[str]:
    """Titles of published posts and names of used tags that begin so."""
    return list(await session.scalars(SUGGESTED, {"prefix": prefix, "limit": limit}))


async def count_documents(session: AsyncSession) -> Row[Any]:
    return (await session.execute(COUNTED)).one()


def _statement(query: SearchFilter) -> TextClause:
    way = "DESC" if query.descending else "ASC"
    key, column, cut = SORTS[query.sort_by]
    order = f"{column} {way}, id {way}, doc_type {way}"
    return text(f"""
        WITH {MATCHED.format(key=key)}, {cut.format(order=order)}
        SELECT posts, users, doc_type, id, title, excerpt, score
          FROM counted LEFT JOIN shown ON true ORDER BY {order}
    """)  # noqa: S608 - made of constants; what a caller sends is a parameter
