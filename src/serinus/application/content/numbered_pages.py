"""Lists by page number with an exact total: what contract v1 promises and v2 does not need."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from serinus.domain.content.post import Post, Status
from serinus.domain.content.taxonomy import CountedTag
from serinus.domain.identity.caller import Caller, UserId

T = TypeVar("T")


class PostColumn(StrEnum):
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    PUBLISHED_AT = "published_at"
    TITLE = "title"


class TagColumn(StrEnum):
    NAME = "name"
    USAGE_COUNT = "usage_count"
    CREATED_AT = "created_at"


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list. `page` counts from 1; past the end there is nothing."""

    page: int
    limit: int
    descending: bool

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


@dataclass(frozen=True, slots=True)
class PostFilter:
    """None filters nothing. `tag` is a tag's key or slug; an unknown one finds nothing."""

    statuses: frozenset[Status] | None = None
    author: UserId | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class NumberedPage(Generic[T]):
    """`total`: how many there are on all pages together."""

    items: tuple[T, ...]
    total: int


class NumberedPages(Protocol):
    async def posts(
        self, caller: Caller, which: PostFilter, column: PostColumn, part: Slice
    ) -> NumberedPage[Post]:
        """What the caller may see. Posts without a value in `column` come last."""
        ...

    async def tags(self, column: TagColumn, part: Slice) -> NumberedPage[CountedTag]: ...
