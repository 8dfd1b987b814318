"""/api/v1/search. What is public may be searched by everybody."""

import unicodedata
from collections.abc import Sequence
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import Row

from serinus.legacy.authentication import SignedIn
from serinus.legacy.authorisation import ADMINISTRATORS, need, need_permission
from serinus.legacy.envelope import Done, Envelope, malformed
from serinus.legacy.paging import DEFAULT_LIMIT, MAX_LIMIT, number
from serinus.legacy.resources import Session, Shared
from serinus.legacy.search_queries import (
    SORTS,
    SearchFilter,
    count_documents,
    find_hits,
    find_suggestions,
)

MAX_TEXT = 200  # characters
DEFAULT_SUGGESTIONS = 10

router = APIRouter(prefix="/api/v1/search")


class Hit(BaseModel):
    id: UUID
    title: str
    doc_type: Literal["post", "user"]
    excerpt: str | None
    score: float


class DocTypes(BaseModel):
    post: int
    user: int


class Facets(BaseModel):
    doc_type: DocTypes


class Results(BaseModel):
    hits: list[Hit]
    total: int
    took_ms: int
    facets: Facets


class Suggestions(BaseModel):
    suggestions: list[str]


class Stats(BaseModel):
    total_documents: int
    post_count: int
    user_count: int


async def search_filter(
    q: Annotated[str, Query()] = "",
    limit: Annotated[str | None, Query()] = None,
    offset: Annotated[str | None, Query()] = None,
    doc_type: Annotated[str | None, Query()] = None,
    sort: Annotated[str, Query(alias="sort_by")] = "",
    direction: Annotated[str, Query(alias="sort_order")] = "",
) -> SearchFilter:
    """Raises 400."""
    asked = _text("q", q)
    size = min(number("limit", limit) or DEFAULT_LIMIT, MAX_LIMIT)
    start = number("offset", offset)
    if doc_type is not None and doc_type.lower() not in {"post", "user"}:
        raise malformed("Invalid query parameter: doc_type")
    return SearchFilter(
        text=asked,
        doc_type=None if doc_type is None else doc_type.lower(),
        sort_by=sort if sort in SORTS else "relevance",
        descending=direction.lower() != "asc",
        limit=size,
        offset=start,
    )


@router.get("")
async def search(
    session: Session, query: Annotated[SearchFilter, Depends(search_filter)]
) -> Envelope[Results]:
    began = perf_counter()
    rows = await find_hits(session, query)
    return Envelope(data=_results(rows, query, perf_counter() - began))


@router.get("/suggest")
async def suggest(
    session: Session,
    prefix: Annotated[str, Query()] = "",
    limit: Annotated[str | None, Query()] = None,
) -> Envelope[Suggestions]:
    asked = _text("prefix", prefix)
    size = min(number("limit", limit) or DEFAULT_SUGGESTIONS, MAX_LIMIT)
    return Envelope(data=Suggestions(suggestions=await find_suggestions(session, asked, size)))


@router.get("/stats")
async def stats(session: Session) -> Envelope[Stats]:
    counts = await count_documents(session)
    return Envelope(
        data=Stats(
            total_documents=counts.posts + counts.users,
            post_count=counts.posts,
            user_count=counts.users,
        )
    )


@router.post("/reindex", status_code=HTTPStatus.ACCEPTED)
async def reindex(caller: SignedIn, resources: Shared) -> Envelope[Done]:
    need_permission(caller, "search:reindex")
    need(caller, ADMINISTRATORS)
    resources.reindexing.start()
    return Envelope(data=Done(message="Reindexing started"))


def _text(name: str, given: str) -> str:
    text = unicodedata.normalize("NFKC", given).strip()
    # The database's text cannot hold a NUL.
    if not 0 < len(text) <= MAX_TEXT or "\0" in text:
        raise malformed(f"Invalid query parameter: {name}")
    return text


def _results(rows: Sequence[Row[Any]], query: SearchFilter, seconds: float) -> Results:
    counts = DocTypes(post=rows[0].posts, user=rows[0].users)
    totals = {None: counts.post + counts.user, "post": counts.post, "user": counts.user}
    return Results(
        hits=[
            Hit(
                id=row.id,
                title=row.title,
                doc_type=row.doc_type,
                excerpt=row.excerpt,
                score=row.score,
            )
            for row in rows
            if row.id is not None
        ],
        total=totals[query.doc_type],
        took_ms=int(seconds * 1000),
        facets=Facets(doc_type=counts),
    )
