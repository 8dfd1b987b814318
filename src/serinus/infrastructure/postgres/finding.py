"""Finding published posts, and suggesting what to look for: one statement each."""

import re

import asyncpg

from serinus.domain.content.finding import (
    FacetValue,
    Findings,
    Hit,
    Passage,
    Search,
    Suggestion,
    SuggestionKind,
)
from serinus.domain.content.listing import Count, Listing, Page
from serinus.domain.content.post import Byline, ContentFormat, PostId
from serinus.domain.content.taxonomy import Category, CategoryId, Tag, TagId
from serinus.domain.identity.caller import UserId
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.finding_sql import finding_sql
from serinus.infrastructure.postgres.first_matches import Limits
from serinus.infrastructure.postgres.keyset import Arguments

# Of a tsquery as text, in which a quote is doubled.
LEXEME = re.compile(r"'((?:[^']|'')*)'")


class PostgresFinder:
    def __init__(self, pool: asyncpg.Pool, limits: Limits | None = None) -> None:
        self._pool = pool
        self._limits = limits or Limits()

    async def find(self, search: Search) -> Findings:
        arguments = Arguments()
        sql = finding_sql(search, self._limits, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        head = rows[0]
        hits = [_hit(row) for row in rows if row["id"] is not None]
        facets = {
            facet: tuple(FacetValue(*value) for value in head[f"facet_{facet}"])
            for facet in search.facets
        }
        return Findings(
            page=Page.cut(hits, search.listing, self._count(head["total"], search.listing)),
            capped=head["capped"],
            facets=facets,
            lexemes=tuple(
                lexeme.replace("''", "'") for lexeme in LEXEME.findall(head["ranking"] or "")
            ),
        )

    async def suggest(self, prefix: str, limit: int) -> list[Suggestion]:
        with translate_errors():
            rows = await self._pool.fetch(
                """
                WITH asked AS MATERIALIZED (
                    SELECT search_fold($1) AS low, search_fold($1) || chr(1114111) AS high
                )
                (SELECT title_key COLLATE "C" AS key, d.title COLLATE "C" AS suggestion,
                        'post' AS kind, id, slug
                   FROM (SELECT title_key, title, id FROM search_documents
                          WHERE doc_type = 'post'
                            AND title_key COLLATE "C" >= (SELECT low FROM asked)
                            AND title_key COLLATE "C" < (SELECT high FROM asked)
                          ORDER BY title_key COLLATE "C", title COLLATE "C", id LIMIT $2) d
                   JOIN posts p USING (id))
                UNION ALL
                (SELECT search_fold(name) COLLATE "C", name COLLATE "C", 'tag', id, slug
                   FROM tags
                  WHERE usage_count > 0
                    AND search_fold(name) COLLATE "C" >= (SELECT low FROM asked)
                    AND search_fold(name) COLLATE "C" < (SELECT high FROM asked)
                  ORDER BY search_fold(name) COLLATE "C", name COLLATE "C" LIMIT $2)
                ORDER BY key, suggestion, kind, id LIMIT $2
                """,
                prefix,
                limit,
            )
        return [
            Suggestion(row["suggestion"], SuggestionKind(row["kind"]), row["id"], row["slug"])
            for row in rows
        ]

    def _count(self, total: int | None, listing: Listing) -> Count | None:
        if total is None or listing.counting is None:
            return None
        return Count(total, exact=total <= self._limits.most_counted(listing.counting))


def _hit(row: asyncpg.Record) -> Hit:
    passage = row["passage"]
    return Hit(
        id=PostId(row["id"]),
        slug=row["slug"],
        title=row["title"],
        excerpt=row["excerpt"],
        locale=row["locale"],
        published_at=row["published_at"],
        author=Byline(UserId(row["author_id"]), row["username"], row["author_name"]),
        tags=tuple(Tag(TagId(id_), slug, name) for id_, slug, name in row["tags"] or ()),
        categories=tuple(
            Category(CategoryId(id_), slug, name) for id_, slug, name in row["categories"] or ()
        ),
        score=row["score"],
        passage=None
        if passage is None
        else Passage(passage, ContentFormat(row["content_format"])),
    )
