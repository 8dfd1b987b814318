"""What posts are found by, and how those that are found are narrowed and sorted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from serinus.domain.content.listing import Listing, Op, Order, Page, Position
from serinus.domain.content.post import Byline, ContentFormat, PostId
from serinus.domain.content.post_query import FILTERS as POST_FILTERS
from serinus.domain.content.post_query import Part
from serinus.domain.content.taxonomy import Category, Tag

MAX_TEXT = 200  # characters

FILTERS: dict[str, frozenset[Op]] = {
    name: POST_FILTERS[name] for name in ("tag", "category", "author", "locale")
} | {"published_at": POST_FILTERS["published_at"] - {Op.NULL}}

RELEVANCE = Order("relevance", descending=True)
BY_RELEVANCE = (RELEVANCE,)
#: As they are asked for. The other way round, relevance is of no use.
SORTS: Mapping[str, Order] = {
    "relevance": RELEVANCE,
    "-published_at": Order("published_at", descending=True),
    "published_at": Order("published_at"),
}


class Facet(StrEnum):
    """What the posts that are found have in common."""

    TAG = "tag"
    CATEGORY = "category"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True)
class FacetValue:
    """`slug`: of an author the user name. `count`: how many of the posts."""

    id: UUID
    slug: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of a post's content in which matches are looked for."""

    text: str
    content_format: ContentFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """`excerpt`: the post's own, else its beginning. `passage`: None unless asked for."""

    id: PostId
    slug: str
    title: str
    excerpt: str | None
    locale: str
    published_at: datetime
    author: Byline
    tags: tuple[Tag, ...]
    categories: tuple[Category, ...]
    score: float
    passage: Passage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """`parts` and `facets` are what costs something; `passages` is for highlights."""

    text: str
    listing: Listing
    parts: frozenset[Part] = frozenset()
    facets: frozenset[Facet] = frozenset()
    passages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`capped`: there is more than was ranked. `lexemes`: what the text was looked for as."""

    page: Page[Hit]
    capped: bool
    facets: Mapping[Facet, tuple[FacetValue, ...]]
    lexemes: tuple[str, ...]


class SuggestionKind(StrEnum):
    POST = "post"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    kind: SuggestionKind
    id: UUID
    slug: str


def position(hit: Hit, orders: Iterable[Order]) -> Position:
    values = (hit.score if o == RELEVANCE else hit.published_at for o in orders)
    return Position(tuple(values), hit.id)
