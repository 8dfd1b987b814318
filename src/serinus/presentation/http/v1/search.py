"""/api/v1/search. What is public can be searched by everybody; no credentials are looked at."""

import unicodedata
from collections.abc import Mapping
from time import perf_counter
from typing import Self
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.types import Guard

from serinus.application.content.searching import DocType, Found, Hit, SearchOrder, SearchQuery
from serinus.presentation.http.v1.envelope import Envelope, Message, ok
from serinus.presentation.http.v1.reading import Unreadable, limit_of, number_of, query_of
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.signed_in import AnyoneRequest, SignedInRequest

MAX_TEXT = 200  # characters
DEFAULT_SUGGESTIONS = 10


class SearchHit(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    doc_type: DocType
    excerpt: str | None
    score: float

    @classmethod
    def of(cls, hit: Hit) -> Self:
        return cls(hit.id, hit.title, hit.doc_type, hit.excerpt, hit.score)


class DocTypes(msgspec.Struct, frozen=True):
    post: int
    user: int


class Facets(msgspec.Struct, frozen=True):
    doc_type: DocTypes


class SearchResults(msgspec.Struct, frozen=True):
    """The facets count the matches of every type, also when one was asked for."""

    hits: list[SearchHit]
    total: int
    took_ms: int
    facets: Facets

    @classmethod
    def of(cls, found: Found, doc_type: DocType | None, seconds: float) -> Self:
        counts = DocTypes(found.counts[DocType.POST], found.counts[DocType.USER])
        hits = [SearchHit.of(hit) for hit in found.hits]
        return cls(hits, found.total(doc_type), int(seconds * 1000), Facets(counts))


class Suggestions(msgspec.Struct, frozen=True):
    suggestions: list[str]


class SearchStats(msgspec.Struct, frozen=True):
    total_documents: int
    post_count: int
    user_count: int


@get("/", opt={"asks": ["q", "limit", "offset", "doc_type", "sort_by", "sort_order"]})
async def search(
    request: AnyoneRequest, services: NamedDependency[V1Services]
) -> Envelope[SearchResults]:
    """Published posts and active accounts in which every word of a text occurs."""
    began = perf_counter()
    asked = search_of(query_of(request))
    found = await services.search.search(asked)
    return ok(SearchResults.of(found, asked.doc_type, perf_counter() - began))


@get("/suggest", opt={"asks": ["prefix", "limit:10"]})
async def suggest(
    request: AnyoneRequest, services: NamedDependency[V1Services]
) -> Envelope[Suggestions]:
    """Titles of published posts and names of used tags that begin with a text."""
    query = query_of(request)
    prefix, limit = text_of(query, "prefix"), limit_of(query, default=DEFAULT_SUGGESTIONS)
    return ok(Suggestions(await services.search.suggest(prefix, limit)))


@get("/stats")
async def stats(services: NamedDependency[V1Services]) -> Envelope[SearchStats]:
    """How much can be searched."""
    counts = await services.search.counts()
    posts, users = counts[DocType.POST], counts[DocType.USER]
    return ok(SearchStats(posts + users, posts, users))


@post("/reindex", status_code=202, opt={"failures": [403]})
async def reindex(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Message]:
    """Make the index anew, in the background. It follows every write by itself."""
    services.reindexing.request(request.user.caller)
    return ok(Message("Reindexing started"))


def routers(signed_in: Guard) -> list[Router]:
    return [
        Router("/search", route_handlers=[search, suggest, stats]),
        Router("/search", route_handlers=[reindex], guards=[signed_in]),
    ]


def search_of(query: Mapping[str, str]) -> SearchQuery:
    """Raise `Unreadable`."""
    text, limit = text_of(query, "q"), limit_of(query)
    sort = query.get("sort_by")
    return SearchQuery(
        text=text,
        limit=limit,
        offset=number_of(query, "offset") or 0,
        doc_type=_doc_type(query),
        order=SearchOrder(sort) if sort in set(SearchOrder) else SearchOrder.RELEVANCE,
        descending=query.get("sort_order", "").lower() != "asc",
    )


def text_of(query: Mapping[str, str], name: str) -> str:
    """Raise `Unreadable` when there is nothing to look for, or too much."""
    text = unicodedata.normalize("NFKC", query.get(name, "")).strip()
    # PostgreSQL's text cannot hold a NUL.
    if not 0 < len(text) <= MAX_TEXT or "\0" in text:
        raise Unreadable(f"Invalid query parameter: {name}")
    return text


def _doc_type(query: Mapping[str, str]) -> DocType | None:
    given = query.get("doc_type")
    if given is None:
        return None
    try:
        return DocType(given.lower())
    except ValueError:
        raise Unreadable("Invalid query parameter: doc_type") from None
