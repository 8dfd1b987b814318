"""Comments as clients of v2 see them, and send them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from serinus.application.content.discussing import Draft
from serinus.application.content.reading import CommentRenderer
from serinus.domain.content.comments import (
    Comment,
    CommentId,
    Guest,
    content_violations,
    guest_violations,
    moderates,
    signed,
)
from serinus.domain.errors import Violation
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.v2 import caching
from serinus.presentation.http.v2.bodies import Body
from serinus.presentation.http.v2.describing import about
from serinus.presentation.http.v2.list_queries import Members

PROBE = "-"  # a content with which nothing is wrong

Content = Annotated[str, about("1 to 10,000 characters, as they were typed")]


class Shown(StrEnum):
    """`removed`: what is not shown itself keeps its place while there are answers to it."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    REMOVED = "removed"


class Commentator(Struct, frozen=True, kw_only=True):
    """Who wrote a comment. Guests have no account, so neither `id` nor `username`."""

    id: UUID | None
    username: str | None
    name: str
    url: Annotated[str | None, about("of a guest")]
    email: Annotated[str | None, about("of a guest, for moderators")] | UnsetType = UNSET


class CommentView(Struct, frozen=True, kw_only=True):
    """A comment. Members that were not asked for are absent."""

    id: UUID | UnsetType = UNSET
    post_id: UUID | UnsetType = UNSET
    parent_id: Annotated[UUID, about("what it answers")] | UnsetType | None = UNSET
    depth: Annotated[int, about("1 at the top of a thread")] | UnsetType = UNSET
    status: Shown | UnsetType = UNSET
    author: Annotated[Commentator, about("null: removed")] | UnsetType | None = UNSET
    content: Annotated[str, about("plain text; null: removed")] | UnsetType | None = UNSET
    html: Annotated[str, about("rendered, sanitised")] | UnsetType | None = UNSET
    reply_count: Annotated[int, about("approved, however deep below")] | UnsetType = UNSET
    created_at: datetime | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET
    version: Annotated[int, about("grows with every change")] | UnsetType = UNSET


MEMBERS = Members(
    "comment",
    CommentView.__struct_fields__,
    relations=("author", "html"),
    on_request=frozenset({"html"}),
)


class NewComment(Body, frozen=True, kw_only=True):
    """The members of the author are for guests, who need the first two."""

    content: Content
    parent_id: Annotated[UUID, about("the comment that it answers")] | None = None
    author_name: Annotated[str, about("1 to 245 characters")] | None = None
    author_email: Annotated[str, about("never shown but to moderators")] | None = None
    author_url: Annotated[str, about("http or https")] | None = None

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        found = content_violations(given.get("content", PROBE))
        if any(given.get(name) is not None for name in SIGNATURE):
            guest = signed(*(given.get(name) for name in SIGNATURE))
            sent = [each for each in guest_violations(guest) if each.field in given]
            return found + sent
        return found

    def draft(self, caller: Caller | None) -> Draft:
        parts = (self.author_name, self.author_email, self.author_url)
        anonymous = caller is None or any(part is not None for part in parts)
        return Draft(
            content=self.content,
            parent=None if self.parent_id is None else CommentId(self.parent_id),
            guest=signed(*parts) if anonymous else None,
        )


SIGNATURE = ("author_name", "author_email", "author_url")


class CommentPatch(Body, frozen=True, kw_only=True):
    """A JSON merge patch: what is left out stays."""

    content: Content | UnsetType = UNSET

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        return content_violations(given.get("content", PROBE))


def shown(
    comment: Comment,
    members: frozenset[str],
    caller: Caller | None,
    render: CommentRenderer,
) -> CommentView:
    return _shown(comment, members, caller, render if comment.seen_by(caller) else None)


def written(comment: Comment, caller: Caller | None) -> CommentView:
    """To whoever has just written it. Guests see it for the last time until it is approved."""
    return _shown(comment, MEMBERS.default, caller, lambda content: content)


def _shown(
    comment: Comment,
    members: frozenset[str],
    caller: Caller | None,
    render: CommentRenderer | None,
) -> CommentView:
    """`render`: None for what only keeps its place."""
    made: dict[str, Any] = {
        name: make(comment) for name, make in _MADE.items() if name in members
    }
    if "status" in members:
        made["status"] = Shown(comment.status) if render else Shown.REMOVED
    if "author" in members:
        made["author"] = _author(comment, caller) if render else None
    if "content" in members:
        made["content"] = comment.content if render else None
    if "html" in members:
        made["html"] = render(comment.content) if render else None
    return CommentView(**made)


def tags_of(comments: Iterable[Comment]) -> list[str]:
    """Accounts whose names are shown."""
    authors = (each.author for each in comments)
    found = (f"user:{each.id}" for each in authors if not isinstance(each, Guest))
    return list(dict.fromkeys(found))


def cached(
    visitor: Caller | None, post_id: UUID, comments: Iterable[Comment]
) -> dict[str, str]:
    if visitor is not None:
        return caching.private()
    return caching.public([f"comments:{post_id}", f"post:{post_id}", *tags_of(comments)])


def _author(comment: Comment, caller: Caller | None) -> Commentator:
    if isinstance(comment.author, Guest):
        email = comment.author.email if moderates(caller) else UNSET
        guest = comment.author
        return Commentator(id=None, username=None, name=guest.name, url=guest.url, email=email)
    author = comment.author
    return Commentator(id=author.id, username=author.username, name=author.name, url=None)


_MADE: Mapping[str, Callable[[Comment], Any]] = {
    "id": lambda comment: comment.id,
    "post_id": lambda comment: comment.post_id,
    "parent_id": lambda comment: comment.parent_id,
    "depth": lambda comment: comment.depth,
    "reply_count": lambda comment: comment.answers,
    "created_at": lambda comment: comment.created_at,
    "updated_at": lambda comment: comment.updated_at,
    "version": lambda comment: comment.version,
}
