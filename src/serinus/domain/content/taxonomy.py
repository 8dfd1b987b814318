"""Tags and categories: how names are written, and when two of them are the same."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NewType
from uuid import UUID

from serinus.domain.errors import Conflict, NotFound, Violation

TagId = NewType("TagId", UUID)
CategoryId = NewType("CategoryId", UUID)

MAX_TAGS = 20
MAX_TAG_LENGTH = 50
MAX_CATEGORY_LENGTH = 100


class TagNotFound(NotFound):
    code: ClassVar = "tag_not_found"


class TagTaken(Conflict):
    """Another tag has this name, or this slug."""

    code: ClassVar = "tag_taken"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as it stands under a post."""

    id: TagId
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category as it stands under a post."""

    id: CategoryId
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTag:
    """A tag in its own right. `usage_count`: published posts that carry it."""

    id: TagId
    slug: str
    name: str
    usage_count: int
    created_at: datetime
    updated_at: datetime
    version: int


def tag_key(name: str) -> str:
    """The form in which tags are compared."""
    return clean_name(name).lower()


def clean_name(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def distinct_tags(names: Iterable[str]) -> tuple[str, ...]:
    """Cleaned names in their order; of several spellings the first."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(tag_key(name), clean_name(name))
    return tuple(first.values())


def tag_violations(names: Iterable[str]) -> list[Violation]:
    cleaned = [clean_name(name) for name in names]
    if len(cleaned) > MAX_TAGS:
        return [Violation("tags", "too_many", f"at most {MAX_TAGS} tags", {"max": MAX_TAGS})]
    if all(1 <= len(name) <= MAX_TAG_LENGTH for name in cleaned):
        return []
    text = f"a tag has 1 to {MAX_TAG_LENGTH} characters"
    return [Violation("tags", "invalid_length", text, {"min": 1, "max": MAX_TAG_LENGTH})]
