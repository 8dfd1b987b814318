"""What other systems hold, in neutral words, as the readers of their formats hand it over.

Nothing here is cut to our limits yet (`import_fitting` does that) and nothing is stored. An
item's `address` is what finds it again in its source: a path, a URL, an id.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from serinus.domain.content.post import ContentFormat, PostType, Status

MAX_ADDRESS = 2048


class CommentState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about an item that was changed or left out on its way in.

    `reason` is the same text for the same cause, so that a report can count; `detail` differs.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAuthor:
    username: str
    first_name: str | None = None
    last_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTag:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCategory:
    """`slug` is how the source tells two categories of one name apart; `parent` is a slug."""

    name: str
    slug: str = ""
    parent: str = ""
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedComment:
    """`parent` is the address of the comment it answers, `author` a user name if it has one."""

    address: str
    parent: str | None = None
    author: str | None = None
    author_name: str
    author_email: str | None = None
    author_url: str | None = None
    content: str
    state: CommentState = CommentState.APPROVED
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPost:
    """`date` is when it was, or will be, published. `author` empty: the source names none."""

    address: str
    type: PostType = PostType.POST
    title: str = ""
    slug: str = ""
    content: str = ""
    content_format: ContentFormat = ContentFormat.MARKDOWN
    excerpt: str | None = None
    status: Status = Status.PUBLISHED
    locale: str = ""
    date: datetime | None = None
    updated: datetime | None = None
    author: str = ""
    co_authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    categories: tuple[ImportedCategory, ...] = ()
    former_addresses: tuple[str, ...] = ()
    featured_image: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    comments: tuple[ImportedComment, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is not content, or that is there twice: left out on purpose."""

    address: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Something that is content, and could not be read or kept."""

    address: str
    reason: str
    detail: str = ""


ImportedTerm = ImportedAuthor | ImportedTag | ImportedCategory
ImportedItem = ImportedTerm | ImportedPost | Skipped | Failed


def digest(item: ImportedPost | ImportedComment) -> bytes:
    """SHA-256 of all that would be stored. Comments count for themselves, notes not at all."""
    members = {
        field.name: getattr(item, field.name)
        for field in fields(item)
        if field.name not in {"comments", "notes"}
    }
    text = json.dumps(members, default=_plain, sort_keys=True, ensure_ascii=False)
    # A lone surrogate is no UTF-8, but it must not keep the rest from being compared.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def origin_address(address: str) -> str:
    """The address as it is kept: the whole, or its beginning and a hash of the whole."""
    if len(address) <= MAX_ADDRESS:
        return address
    whole = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{address[: MAX_ADDRESS - 80]}#sha256:{whole}"


def threaded(
    comments: Iterable[ImportedComment],
) -> tuple[list[tuple[ImportedComment, str | None]], list[Note]]:
    """Each comment with the address it really answers; parents come before their answers.

    A comment whose parent is not there, or that answers itself in a circle, stands at the top.
    """
    waiting = {comment.address: comment for comment in comments}
    placed: dict[str, tuple[ImportedComment, str | None]] = {}
    notes: list[Note] = []
    while waiting:
        before = len(waiting)
        for comment in list(waiting.values()):
            if comment.parent is None or comment.parent in placed:
                placed[waiting.pop(comment.address).address] = (comment, comment.parent)
        if len(waiting) == before:
            stray = _outermost(waiting)
            placed[waiting.pop(stray.address).address] = (stray, None)
            notes.append(
                Note("comment answers one that is not there", f"comment {stray.address}")
            )
    return list(placed.values()), notes


def _outermost(waiting: dict[str, ImportedComment]) -> ImportedComment:
    """One that waits for a comment that will never come; failing that, one in a circle."""
    orphans = (c for c in waiting.values() if c.parent not in waiting)
    return next(orphans, next(iter(waiting.values())))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, ImportedCategory):
        return [value.name, value.slug, value.parent, value.description]
    raise TypeError(f"no plain form of {type(value)}")


def planted(categories: Iterable[ImportedCategory]) -> list[ImportedCategory]:
    """Parents before their children. One that would stand below itself stands at the top."""
    waiting = {category.slug: category for category in categories}
    placed: dict[str, ImportedCategory] = {}
    while waiting:
        ready = [c for c in waiting.values() if c.parent not in waiting]
        if not ready:
            circular = next(iter(waiting.values()))
            ready = [replace(circular, parent="")]
        for category in ready:
            placed[category.slug] = category
            del waiting[category.slug]
    return list(placed.values())
