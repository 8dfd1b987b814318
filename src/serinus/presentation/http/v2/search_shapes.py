"""What is found, as clients of v2 see it."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape, unescape
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from serinus.domain.content.finding import (
    Facet,
    FacetValue,
    Findings,
    Hit,
    Passage,
    Suggestion,
    SuggestionKind,
)
from serinus.domain.content.highlighting import FRAGMENT, Sought, fragment
from serinus.domain.content.post import ContentFormat
from serinus.domain.content.post_query import Part
from serinus.presentation.http.v2 import lists
from serinus.presentation.http.v2.describing import about
from serinus.presentation.http.v2.list_queries import Members
from serinus.presentation.http.v2.post_shapes import Author, Term

# Beyond it, in characters, marking takes longer than a request may hold up the others.
AT_ONCE = 50_000

ELEMENT = re.compile(r"<[^<>]*>")

_MARKED = "HTML: escaped text with `<mark>`; null where nothing of the query stands"


class Highlights(Struct, frozen=True):
    """Where the query was found. What is marked may be another form of what was typed."""

    title: Annotated[str | None, about(f"{_MARKED}. The whole title")]
    excerpt: Annotated[str | None, about(f"{_MARKED}. About {FRAGMENT} characters")]
    content: Annotated[str | None, about(f"{_MARKED}. About {FRAGMENT} characters")]


class HitView(Struct, frozen=True, kw_only=True):
    """A published post that was found. Members that were not asked for are absent."""

    id: UUID | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    excerpt: (
        Annotated[str | None, about("the post's own, else the beginning of its content")]
        | UnsetType
    ) = UNSET
    locale: Annotated[str, about("BCP 47", example="ja")] | UnsetType = UNSET
    published_at: datetime | UnsetType = UNSET
    author: Author | UnsetType = UNSET
    tags: list[Term] | UnsetType = UNSET
    categories: list[Term] | UnsetType = UNSET
    score: (
        Annotated[float, about("compares hits of one search; a title counts most")] | UnsetType
    ) = UNSET
    highlights: Highlights | UnsetType = UNSET


class TermCount(Struct, frozen=True):
    """How many of the posts found carry a tag or category."""

    id: UUID
    slug: str
    name: str
    count: int


class AuthorCount(Struct, frozen=True):
    """How many of the posts found somebody wrote."""

    id: UUID
    username: str
    name: str
    count: int


class Facets(Struct, frozen=True, kw_only=True):
    """The most frequent of each kind that was asked for, among the matches that were ranked."""

    tag: list[TermCount] | UnsetType = UNSET
    category: list[TermCount] | UnsetType = UNSET
    author: list[AuthorCount] | UnsetType = UNSET


class Results(Struct, frozen=True, kw_only=True):
    data: list[HitView]
    page: lists.Page
    capped: Annotated[bool, about("there were more matches than are ranked and paged through")]
    facets: Annotated[Facets, about("only with `facets=`")] | UnsetType = UNSET
    count: Annotated[lists.Count, about("only with `count=`")] | UnsetType = UNSET


class SuggestionView(Struct, frozen=True):
    text: str
    kind: SuggestionKind
    id: UUID
    slug: str


class Suggestions(Struct, frozen=True):
    data: list[SuggestionView]


MEMBERS = Members(
    "post",
    HitView.__struct_fields__,
    relations=("tags", "categories"),
    on_request=frozenset({"tags", "categories"}),
)
PARTS = {"tags": Part.TAGS, "categories": Part.CATEGORIES}


def parts_of(members: frozenset[str]) -> frozenset[Part]:
    return frozenset(PARTS[member] for member in members & PARTS.keys())


async def shown(found: Findings, text: str, members: frozenset[str]) -> list[HitView]:
    """`text`: what was looked for, for the highlights."""
    sought = Sought.of(text, found.lexemes)

    def all_of_them() -> list[HitView]:
        made = {name: make for name, make in _MADE.items() if name in members}
        return [
            HitView(
                **{name: make(hit) for name, make in made.items()},
                highlights=_highlights(hit, sought) if "highlights" in members else UNSET,
            )
            for hit in found.page.items
        ]

    if sum(len(hit.passage.text) for hit in found.page.items if hit.passage) <= AT_ONCE:
        return all_of_them()
    return await asyncio.to_thread(all_of_them)


def shown_facets(facets: Mapping[Facet, tuple[FacetValue, ...]]) -> Facets | UnsetType:
    if not facets:
        return UNSET
    made: dict[str, Any] = {
        facet: [_COUNTED[facet](each.id, each.slug, each.name, each.count) for each in values]
        for facet, values in facets.items()
    }
    return Facets(**made)


def suggested(suggestion: Suggestion) -> SuggestionView:
    return SuggestionView(suggestion.text, suggestion.kind, suggestion.id, suggestion.slug)


def _highlights(hit: Hit, sought: Sought) -> Highlights:
    return Highlights(
        title=_marked(hit.title, sought, size=len(hit.title)),
        excerpt=_marked(hit.excerpt or "", sought),
        content=_marked(_plain(hit.passage), sought) if hit.passage else None,
    )


def _marked(text: str, sought: Sought, *, size: int = FRAGMENT) -> str | None:
    found = fragment(text, sought, size=size)
    if found is None:
        return None
    told, last = [], 0
    for start, end in found.marks:
        told += [
            escape(found.text[last:start]),
            f"<mark>{escape(found.text[start:end])}</mark>",
        ]
        last = end
    return "".join([*told, escape(found.text[last:])])


def _plain(passage: Passage) -> str:
    if passage.content_format is ContentFormat.MARKDOWN:
        return passage.text
    return unescape(ELEMENT.sub("", passage.text))


_MADE: Mapping[str, Callable[[Hit], Any]] = {
    "id": lambda hit: hit.id,
    "slug": lambda hit: hit.slug,
    "title": lambda hit: hit.title,
    "excerpt": lambda hit: hit.excerpt,
    "locale": lambda hit: hit.locale,
    "published_at": lambda hit: hit.published_at,
    "author": lambda hit: Author(hit.author.id, hit.author.username, hit.author.name),
    "tags": lambda hit: [Term(each.id, each.slug, each.name) for each in hit.tags],
    "categories": lambda hit: [Term(each.id, each.slug, each.name) for each in hit.categories],
    "score": lambda hit: hit.score,
}
_COUNTED: Mapping[Facet, type[TermCount] | type[AuthorCount]] = {
    Facet.TAG: TermCount,
    Facet.CATEGORY: TermCount,
    Facet.AUTHOR: AuthorCount,
}
