"""Lists by page number with an exact total: what contract v1 promises and v2 does not need."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from serinus.application.slices import NumberedPage, Slice
from serinus.domain.content.post import Post, Status
from serinus.domain.content.taxonomy import CountedTag
from serinus.domain.identity.caller import Caller, UserId


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
class PostFilter:
    """None filters nothing. `tag` is a tag's key or slug; an unknown one finds nothing."""

    statuses: frozenset[Status] | None = None
    author: UserId | None = None
    tag: str | None = None


class NumberedPages(Protocol):
    async def posts(
        self, caller: Caller, which: PostFilter, column: PostColumn, part: Slice
    ) -> NumberedPage[Post]:
        """What the caller may see. Posts without a value in `column` come last."""
        ...

    async def tags(self, column: TagColumn, part: Slice) -> NumberedPage[CountedTag]: ...
