"""What readers, guests and moderators do with comments."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from serinus.application.content.ports import Clock, NewId
from serinus.domain.content.comments import (
    MAX_DEPTH,
    MODERATE,
    WRITE,
    Comment,
    CommentId,
    CommentStatus,
    Ground,
    Guest,
    check_may_delete,
    check_may_edit,
    check_may_see,
    check_open,
    content_violations,
    first_status,
    guest_violations,
    moderates,
)
from serinus.domain.content.post import Byline, PostId
from serinus.domain.errors import Stale, TooMany, Violation, refuse
from serinus.domain.identity.caller import Caller
from serinus.domain.identity.sessions import MissingCredentials

#: Counts one comment of somebody; seconds until there is room again, 0 when there was.
Throttle = Callable[[str], Awaitable[int]]


class Comments(Protocol):
    """Where comments are kept, in their threads."""

    async def ground(
        self, post_id: PostId, parent_id: CommentId | None
    ) -> tuple[Ground, Comment | None]:
        """A post, and what of its comments is answered. Raise `PostNotFound`."""
        ...

    async def get(self, comment_id: CommentId) -> tuple[Comment, Ground]:
        """Raise `CommentNotFound`. `Ground.seen_by` and `Comment.seen_by` say who sees it."""
        ...

    async def add(self, comment: Comment) -> Comment:
        """Raise `DuplicateComment`."""
        ...

    async def save(self, comment: Comment) -> Comment:
        """Replace the comment of the same version. Raise `Stale`, `CommentNotFound`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody says. `guest`: how they sign, None for who is signed in."""

    content: str
    parent: CommentId | None = None
    guest: Guest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussing:
    comments: Comments
    throttle: Throttle
    guests_welcome: bool
    now: Clock
    new_id: NewId

    async def write(
        self, caller: Caller | None, post_id: PostId, draft: Draft, *, client: str
    ) -> Comment:
        """`client`: the address of who writes.

        Raise `MissingCredentials`, `Forbidden`, `Invalid`, `TooMany`, `PostNotFound`,
        `CommentsClosed`, `DuplicateComment`.
        """
        author = self._author(caller, draft)
        refuse(draft_violations(draft, caller))
        if wait := await self.throttle(f"user:{caller.id}" if caller else f"address:{client}"):
            raise TooMany(wait)
        ground, answered = await self.comments.ground(post_id, draft.parent)
        check_open(caller, ground)
        if draft.parent is not None:
            refuse(_answering_violations(caller, answered))
        at = self.now()
        return await self.comments.add(
            Comment(
                id=CommentId(self.new_id()),
                post_id=post_id,
                parent_id=draft.parent,
                author=author,
                content=draft.content,
                status=first_status(caller, ground),
                created_at=at,
                updated_at=at,
            )
        )

    async def edit(
        self,
        caller: Caller,
        comment_id: CommentId,
        content: str | None,
        *,
        version: int | None = None,
    ) -> Comment:
        """None leaves it as it is. What was approved is what is shown: an edit waits again.

        Raise `CommentNotFound`, `Stale`, `Forbidden`, `Invalid`.
        """
        comment, ground = await self._seen(caller, comment_id, version)
        at = self.now()
        check_may_edit(caller, comment, at=at)
        text = comment.content if content is None else content
        if text == comment.content:
            return await self.comments.save(comment.judged(comment.status, at=at))
        refuse(content_violations(text, trusted=moderates(caller)))
        status = comment.status if moderates(caller) else first_status(caller, ground)
        return await self.comments.save(comment.edited(text, status, at=at))

    async def judge(
        self,
        caller: Caller,
        comment_id: CommentId,
        status: CommentStatus,
        *,
        version: int | None = None,
    ) -> Comment:
        """Raise `Forbidden`, `CommentNotFound`, `Stale`."""
        caller.need(MODERATE)
        comment, _ = await self._seen(caller, comment_id, version)
        return await self.comments.save(comment.judged(status, at=self.now()))

    async def delete(
        self, caller: Caller, comment_id: CommentId, *, version: int | None = None
    ) -> None:
        """Its place stays as long as it has answers. Raise like `edit`."""
        comment, _ = await self._seen(caller, comment_id, version)
        check_may_delete(caller, comment)
        await self.comments.save(comment.deleted(at=self.now()))

    def _author(self, caller: Caller | None, draft: Draft) -> Byline | Guest:
        if caller is not None:
            caller.need(WRITE)
            return Byline(caller.id, "", "")  # the store gives the names back
        if not self.guests_welcome or draft.guest is None:
            raise MissingCredentials("sign in to write a comment")
        return draft.guest

    async def _seen(
        self, caller: Caller, comment_id: CommentId, version: int | None
    ) -> tuple[Comment, Ground]:
        comment, ground = await self.comments.get(comment_id)
        check_may_see(caller, comment, ground)
        if version is not None and version != comment.version:
            raise Stale(comment.version)
        return comment, ground


def draft_violations(draft: Draft, caller: Caller | None) -> list[Violation]:
    """Everything wrong with what somebody says, and how they sign."""
    found = content_violations(draft.content, trusted=moderates(caller))
    if caller is None:
        return found + (guest_violations(draft.guest) if draft.guest else [])
    if draft.guest is not None:
        text = "who is signed in has a name already"
        found.append(Violation("author_name", "not_allowed", text))
    return found


def _answering_violations(caller: Caller | None, answered: Comment | None) -> list[Violation]:
    if answered is None or not answered.seen_by(caller):
        return [Violation("parent_id", "not_found", "the post has no such comment")]
    if answered.depth >= MAX_DEPTH:
        text = f"threads are at most {MAX_DEPTH} deep"
        return [Violation("parent_id", "too_deep", text, {"max": MAX_DEPTH})]
    return []
