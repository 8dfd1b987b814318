"""Comments: who may write, see and change them, and in which state they are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, NewType, Self
from uuid import UUID

from serinus.domain.content.import_fitting import is_web_address
from serinus.domain.content.listing import Listing, Op, Order, Position
from serinus.domain.content.post import Byline, PostId, PostNotFound, Status, sees
from serinus.domain.errors import Conflict, Forbidden, NotFound, Violation
from serinus.domain.identity.accounts import clean_email, email_violations
from serinus.domain.identity.caller import Caller, UserId

CommentId = NewType("CommentId", UUID)

WRITE = "comments:write"
MODERATE = "comments:moderate"

MAX_CONTENT = 10_000  # characters; imported ones may be longer
MAX_NAME = 245
MAX_URL = 2048
MAX_DEPTH = 10  # of new ones; imported threads may be deeper
MAX_LINKS = 10
EDITABLE = timedelta(minutes=15)  # by who wrote it, even when it is approved
SAME_AGAIN = timedelta(minutes=1)


class CommentNotFound(NotFound):
    code: ClassVar = "comment_not_found"


class CommentsClosed(Conflict):
    """The post is there, and not published."""

    code: ClassVar = "comments_closed"


class DuplicateComment(Conflict):
    """The same author has just said the same."""

    code: ClassVar = "duplicate_comment"


class CommentStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody without an account. Imported ones may have left no address."""

    name: str
    email: str | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """The post that is commented on, as far as it matters here."""

    post_id: PostId
    status: Status
    author: UserId
    deleted: bool = False

    def seen_by(self, caller: Caller | None) -> bool:
        """Moderators see what was said about a deleted post."""
        if self.deleted:
            return moderates(caller)
        return sees(caller, self.status, self.author)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """`lineage`: ids from the top of its thread to itself; `answers`: approved ones below."""

    id: CommentId
    post_id: PostId
    parent_id: CommentId | None = None
    lineage: tuple[UUID, ...] = ()
    author: Byline | Guest
    content: str
    status: CommentStatus = CommentStatus.PENDING
    answers: int = 0
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def depth(self) -> int:
        return len(self.lineage)

    def written_by(self, caller: Caller | None) -> bool:
        return (
            caller is not None
            and isinstance(self.author, Byline)
            and self.author.id == caller.id
        )

    def seen_by(self, caller: Caller | None) -> bool:
        """Whether what it says is shown; else its place is, as long as it has answers."""
        if self.deleted_at is not None:
            return False
        if self.status is CommentStatus.APPROVED or moderates(caller):
            return True
        return self.status is CommentStatus.PENDING and self.written_by(caller)

    def edited(self, content: str, status: CommentStatus, *, at: datetime) -> Self:
        return replace(self, content=content, status=status, updated_at=at)

    def judged(self, status: CommentStatus, *, at: datetime) -> Self:
        return replace(self, status=status, updated_at=at)

    def deleted(self, *, at: datetime) -> Self:
        return replace(self, deleted_at=at, updated_at=at)


def moderates(caller: Caller | None) -> bool:
    return caller is not None and MODERATE in caller.scopes


def first_status(caller: Caller | None, ground: Ground) -> CommentStatus:
    """Moderators, and whoever wrote the post, wait for nobody."""
    trusted = moderates(caller) or (caller is not None and caller.id == ground.author)
    return CommentStatus.APPROVED if trusted else CommentStatus.PENDING


def check_open(caller: Caller | None, ground: Ground) -> None:
    """Raise `PostNotFound`, `CommentsClosed`."""
    if ground.deleted or not ground.seen_by(caller):
        raise PostNotFound(f"no post {ground.post_id}")
    if ground.status is not Status.PUBLISHED:
        raise CommentsClosed("only published posts are commented on")


def check_may_see(caller: Caller | None, comment: Comment, ground: Ground) -> None:
    """Raise `CommentNotFound`."""
    if not (ground.seen_by(caller) and comment.seen_by(caller)):
        raise CommentNotFound(f"no comment {comment.id}")


def check_may_edit(caller: Caller, comment: Comment, *, at: datetime) -> None:
    """Raise `Forbidden`. Who wrote it has some time, or until somebody has judged it."""
    if moderates(caller):
        return
    caller.need(WRITE)
    if not comment.written_by(caller):
        raise Forbidden("this comment is somebody else's")
    waiting = comment.status is CommentStatus.PENDING
    if not waiting and at - comment.created_at > EDITABLE:
        minutes = EDITABLE // timedelta(minutes=1)
        raise Forbidden(f"an approved comment is changed within {minutes} minutes")


def check_may_delete(caller: Caller, comment: Comment) -> None:
    """Raise `Forbidden`."""
    if moderates(caller):
        return
    caller.need(WRITE)
    if not comment.written_by(caller):
        raise Forbidden("this comment is somebody else's")


def content_violations(content: str, *, trusted: bool = False) -> list[Violation]:
    """`trusted`: somebody who may post as many links as they like."""
    if not content.strip():
        return [Violation("content", "required", "the comment is empty")]
    if len(content) > MAX_CONTENT:
        text = f"at most {MAX_CONTENT} characters"
        return [Violation("content", "too_long", text, {"max": MAX_CONTENT})]
    lowered = content.lower()
    if not trusted and lowered.count("http://") + lowered.count("https://") > MAX_LINKS:
        text = f"at most {MAX_LINKS} links"
        return [Violation("content", "too_many", text, {"max": MAX_LINKS})]
    return []


def signed(name: str | None, email: str | None, url: str | None) -> Guest:
    """A guest as they sign, cleaned."""
    return Guest((name or "").strip(), clean_email(email or ""), (url or "").strip() or None)


def guest_violations(guest: Guest) -> list[Violation]:
    """In the members of a request."""
    found: list[Violation] = []
    if not guest.name:
        found.append(Violation("author_name", "required", "guests give a name"))
    elif len(guest.name) > MAX_NAME:
        text = f"at most {MAX_NAME} characters"
        found.append(Violation("author_name", "too_long", text, {"max": MAX_NAME}))
    if not guest.email:
        found.append(Violation("author_email", "required", "guests give an e-mail address"))
    else:
        wrong = email_violations(guest.email)
        found += [replace(each, field="author_email") for each in wrong]
    if guest.url is not None and not is_web_address(guest.url, MAX_URL):
        text = "this is not an http(s) address"
        found.append(Violation("author_url", "invalid_format", text))
    return found


FILTERS: dict[str, frozenset[Op]] = {"parent": frozenset({Op.EQ, Op.NULL})}
SORTS = ("thread", "created_at")
#: Depth first: each answer stands below what it answers, siblings by age.
AS_THREAD = (Order("thread"),)

QUEUE_FILTERS: dict[str, frozenset[Op]] = {
    "status": frozenset({Op.EQ, Op.NE, Op.IN}),
    "post": frozenset({Op.EQ}),
    "author": frozenset({Op.EQ}),
}
QUEUE_SORTS = ("created_at",)
NEWEST_FIRST = (Order("created_at", descending=True),)


def unsupported(listing: Listing) -> str | None:
    """What no index can give of the comments of a post."""
    parents = [each for each in listing.conditions if each.field == "parent"]
    if len(listing.orders) > 1:
        return "comments are sorted by thread or by created_at, not by both"
    if parents and listing.orders[0].field != "thread":
        return "filter[parent] goes with sort=thread or sort=-thread alone"
    if len(parents) > 1 or any(each.values == (False,) for each in parents):
        return "filter[parent] is one comment; filter[parent][null] is true"
    return None


def queue_unsupported(listing: Listing) -> str | None:
    """What no index can give of all comments."""
    narrowed = {each.field for each in listing.conditions}
    if {"post", "author"} <= narrowed:
        return "filter[post] and filter[author] are given one at a time"
    return None


def position(comment: Comment, orders: Iterable[Order]) -> Position:
    return Position(
        tuple(
            comment.lineage if order.field == "thread" else comment.created_at
            for order in orders
        ),
        comment.id,
    )
