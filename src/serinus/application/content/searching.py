"""Finding what is public: posts by what they say, accounts by their names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from serinus.domain.identity.caller import Caller

SCOPE = "search:admin"


class DocType(StrEnum):
    POST = "post"
    USER = "user"


class SearchOrder(StrEnum):
    RELEVANCE = "relevance"
    CREATED_AT = "created_at"
    TITLE = "title"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """`limit` hits after the first `offset`. Ties are broken by id, in the same direction."""

    text: str
    doc_type: DocType | None = None
    order: SearchOrder = SearchOrder.RELEVANCE
    descending: bool = True
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A post, or an account by its user name. The excerpt of an account is its full name."""

    id: UUID
    doc_type: DocType
    title: str
    excerpt: str | None
    score: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """`counts`: how many documents of each type match, whichever type was asked for."""

    hits: tuple[Hit, ...]
    counts: Mapping[DocType, int]

    def total(self, doc_type: DocType | None) -> int:
        return sum(self.counts.values()) if doc_type is None else self.counts[doc_type]


class SearchIndex(Protocol):
    """Follows every write by itself; rebuilding is for repairs."""

    async def search(self, query: SearchQuery) -> Found: ...

    async def suggest(self, prefix: str, limit: int) -> list[str]:
        """Titles of published posts and names of used tags that begin so, sorted."""
        ...

    async def counts(self) -> Mapping[DocType, int]:
        """How many documents of each type there are."""
        ...

    async def rebuild(self) -> None:
        """Make every document anew, some at a time, while others read and write."""
        ...


@dataclass(frozen=True, slots=True)
class Reindexing:
    """`start` has the index rebuilt, and does not wait for it."""

    start: Callable[[], None]

    def request(self, caller: Caller) -> None:
        """Raise `Forbidden`."""
        caller.need(SCOPE)
        self.start()
