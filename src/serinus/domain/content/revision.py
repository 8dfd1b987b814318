"""Revisions: what a post was at each of its versions, and who made that version of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from serinus.domain.content.listing import Order, Position
from serinus.domain.content.post import Byline, Post, PostId
from serinus.domain.errors import NotFound

SORTS = ("number",)
NEWEST_FIRST = (Order("number", descending=True),)


class RevisionNotFound(NotFound):
    code: ClassVar = "revision_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """`number` is the version. `by` is None when nobody is known to have made it.

    `changed` names the members that differ from the revision before; None when there is none.
    """

    number: int
    at: datetime
    by: Byline | None
    via: str | None
    title: str
    content_bytes: int
    changed: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class NamedTerms:
    """Tags and categories by the names that they are found by today."""

    tags: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WholeRevision:
    """`post` is what was shown of it then, but for the author's name, which is today's."""

    revision: Revision
    post: Post
    terms: NamedTerms


def position(post_id: PostId, revision: Revision) -> Position:
    return Position((revision.number,), post_id)
