"""A post: what an author writes, the states it goes through, and who may do what with it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, NewType, Self
from urllib.parse import urlsplit
from uuid import UUID

from serinus.domain.content.taxonomy import Category, Tag
from serinus.domain.errors import Conflict, Forbidden, NotFound, Violation
from serinus.domain.identity.caller import Caller, Role, UserId

PostId = NewType("PostId", UUID)

MAX_TITLE = 255
MAX_EXCERPT = 500
MAX_CONTENT_BYTES = 2 * 1024 * 1024
MAX_META_TITLE = 60
MAX_META_DESCRIPTION = 160
MAX_IMAGE_URL = 2048
MAX_AHEAD = timedelta(days=3653)  # ten years
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47 without its rarer parts


class PostNotFound(NotFound):
    code: ClassVar = "post_not_found"


class AlreadyPublished(Conflict):
    """To show at a set time what everybody sees already would hide it until then."""

    code: ClassVar = "already_published"


class NothingToRestore(Conflict):
    """The post is neither deleted nor archived."""

    code: ClassVar = "nothing_to_restore"


class Status(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class PostType(StrEnum):
    POST = "post"
    PAGE = "page"


class ContentFormat(StrEnum):
    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Byline:
    """The author as readers see them."""

    id: UserId
    username: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What an author writes. Lengths are characters, of `content` bytes of UTF-8."""

    title: str
    content: str
    content_format: ContentFormat = ContentFormat.MARKDOWN
    excerpt: str | None = None
    locale: str = "en"
    featured_image: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post with everything that is shown of it."""

    id: PostId
    type: PostType = PostType.POST
    author: Byline
    slug: str
    text: Text
    status: Status = Status.DRAFT
    tags: tuple[Tag, ...] = ()
    categories: tuple[Category, ...] = ()
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    scheduled_at: datetime | None = None
    deleted_at: datetime | None = None
    version: int = 1

    def edited(self, text: Text, *, slug: str | None = None, at: datetime) -> Self:
        return replace(self, text=text, slug=slug or self.slug, updated_at=at)

    def published(self, *, at: datetime) -> Self:
        """From any state. A post that was published before keeps its date."""
        return replace(
            self,
            status=Status.PUBLISHED,
            published_at=self.published_at or at,
            scheduled_at=None,
            updated_at=at,
        )

    def unpublished(self, *, at: datetime) -> Self:
        """Back to draft, from any state; the next publishing gives a new date."""
        return replace(
            self, status=Status.DRAFT, published_at=None, scheduled_at=None, updated_at=at
        )

    def scheduled(self, when: datetime, *, at: datetime) -> Self:
        """To be published at `when`, which will be its date. Raise `AlreadyPublished`."""
        if self.status is Status.PUBLISHED:
            raise AlreadyPublished("unpublish it first: until its time it would be hidden")
        return replace(
            self,
            status=Status.SCHEDULED,
            published_at=None,
            scheduled_at=when,
            updated_at=at,
        )

    def archived(self, *, at: datetime) -> Self:
        """From any state. It keeps its date, by which it is known that it was published."""
        return replace(self, status=Status.ARCHIVED, scheduled_at=None, updated_at=at)

    def deleted(self, *, at: datetime) -> Self:
        return replace(self, deleted_at=at, updated_at=at)

    def restored(self, *, at: datetime) -> Self:
        """What it was before it was deleted or archived. Raise `NothingToRestore`.

        A deleted post whose set time has passed comes back as a draft: nobody who takes
        something out of the bin asks for it to be published that moment.
        """
        if self.deleted_at is not None:
            back = replace(self, deleted_at=None, updated_at=at)
            missed = self.scheduled_at is not None and self.scheduled_at <= at
            return back.unpublished(at=at) if missed else back
        if self.status is not Status.ARCHIVED:
            raise NothingToRestore("it is neither deleted nor archived")
        return self.published(at=at) if self.published_at else self.unpublished(at=at)


def check_may_oversee(caller: Caller) -> None:
    """Raise `Forbidden`. Editors look after the posts of all."""
    if not caller.role.at_least(Role.EDITOR):
        raise Forbidden("this is for editors")


def check_may_remove(caller: Caller) -> None:
    """Raise `Forbidden`. Administrators delete the posts of all."""
    caller.need("posts:write")
    if not caller.role.at_least(Role.ADMIN):
        raise Forbidden("this is for administrators")


def may_see(caller: Caller | None, post: Post) -> bool:
    return sees(caller, post.status, post.author.id)


def sees(caller: Caller | None, status: Status, author: UserId) -> bool:
    """Published posts are everybody's, others their author's and the editors'."""
    if status is Status.PUBLISHED:
        return True
    return caller is not None and (caller.id == author or caller.role.at_least(Role.EDITOR))


def check_may_see(caller: Caller | None, post: Post) -> None:
    """Raise `PostNotFound`: that there is a draft is not everybody's business."""
    if not may_see(caller, post):
        raise PostNotFound(f"no post {post.id}")


def check_may_create(caller: Caller, *, publish: bool) -> None:
    """Raise `Forbidden`. A contributor writes drafts; others publish them."""
    caller.need("posts:write")
    if publish:
        caller.need("posts:publish")


def check_may_edit(caller: Caller, post: Post) -> None:
    """Raise `PostNotFound` for what the caller may not see, `Forbidden` for the rest."""
    caller.need("posts:write")
    check_may_see(caller, post)
    if not (_wrote(caller, post) or caller.role.at_least(Role.EDITOR)):
        raise Forbidden("this post is somebody else's")


def check_may_publish(caller: Caller, post: Post) -> None:
    """Raise like `check_may_edit`; beyond that, contributors do not publish."""
    caller.need("posts:publish")
    check_may_edit(caller, post)


def check_may_delete(caller: Caller, post: Post) -> None:
    """Raise like `check_may_edit`; editors do not delete what others wrote."""
    caller.need("posts:write")
    check_may_see(caller, post)
    if not (_wrote(caller, post) or caller.role.at_least(Role.ADMIN)):
        raise Forbidden("this post is somebody else's")


def check_may_restore(caller: Caller, post: Post) -> None:
    """Raise like what it undoes: deleting, else archiving."""
    if post.deleted_at is None:
        return check_may_publish(caller, post)
    caller.need("posts:write")
    # Even one that was published is nobody else's business any more.
    if not (_wrote(caller, post) or caller.role.at_least(Role.EDITOR)):
        raise PostNotFound(f"no post {post.id}")
    return check_may_delete(caller, post)


def schedule_violations(when: datetime, *, now: datetime) -> list[Violation]:
    """What is wrong with a time to publish at."""
    if when.tzinfo is None:
        return [Violation("at", "invalid_format", "a time with its zone, as 2030-01-01T12:00Z")]
    if when <= now:
        return [Violation("at", "too_early", "this time has passed")]
    if when > now + MAX_AHEAD:
        message = f"at most {MAX_AHEAD.days} days ahead"
        return [Violation("at", "too_late", message, {"max_days": MAX_AHEAD.days})]
    return []


def text_violations(text: Text) -> list[Violation]:
    """Everything wrong with a text, in the order of its members."""
    found: list[Violation] = []
    if not 1 <= len(text.title.strip()) <= MAX_TITLE:
        code = "too_long" if text.title.strip() else "required"
        found.append(
            _limit("title", code, f"a title has 1 to {MAX_TITLE} characters", MAX_TITLE)
        )
    if not text.content.strip():
        found.append(Violation("content", "required", "the content is empty"))
    elif len(text.content.encode()) > MAX_CONTENT_BYTES:
        message = f"at most {MAX_CONTENT_BYTES} bytes of UTF-8"
        found.append(_limit("content", "too_long", message, MAX_CONTENT_BYTES))
    for field, value, limit in (
        ("excerpt", text.excerpt, MAX_EXCERPT),
        ("featured_image", text.featured_image, MAX_IMAGE_URL),
        ("meta_title", text.meta_title, MAX_META_TITLE),
        ("meta_description", text.meta_description, MAX_META_DESCRIPTION),
    ):
        if value is not None and len(value) > limit:
            found.append(_limit(field, "too_long", f"at most {limit} characters", limit))
        elif field == "featured_image" and value is not None and not _is_web_address(value):
            found.append(Violation(field, "invalid_format", "this is not an http(s) address"))
    if not LOCALE.fullmatch(text.locale):
        found.append(Violation("locale", "invalid_format", "a locale is like en, ja or pt-BR"))
    return found


def _limit(field: str, code: str, message: str, limit: int) -> Violation:
    return Violation(field, code, message, {"max": limit})


def _is_web_address(value: str) -> bool:
    if any(c.isspace() for c in value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # an unclosed IPv6 bracket
        return False


def _wrote(caller: Caller, post: Post) -> bool:
    return caller.id == post.author.id
