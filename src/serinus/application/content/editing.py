"""What authors and editors do with posts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from serinus.application.content.ports import Clock, NewId, Posts, Slugs, Term
from serinus.domain.content.post import (
    Byline,
    Post,
    PostId,
    PostType,
    Status,
    Text,
    check_may_create,
    check_may_delete,
    check_may_edit,
    check_may_publish,
    check_may_restore,
    schedule_violations,
    text_violations,
)
from serinus.domain.content.slug import slugify
from serinus.domain.content.taxonomy import (
    MAX_CATEGORY_LENGTH,
    distinct_tags,
    tag_violations,
)
from serinus.domain.errors import Stale, Violation, refuse
from serinus.domain.identity.caller import Caller

MAX_SLUG = 255
FALLBACK_SLUG = "post"  # for a title without a letter or digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to do to a post. None leaves a member as it is."""

    edit: Callable[[Text], Text] = lambda text: text
    slug: str | None = None
    tags: Sequence[str] | None = None
    categories: Sequence[str] | None = None
    publish: bool | None = None


@dataclass(frozen=True, slots=True)
class Editing:
    posts: Posts
    now: Clock
    new_id: NewId

    async def create(
        self,
        caller: Caller,
        text: Text,
        *,
        slug: str | None = None,
        tags: Sequence[str] = (),
        categories: Sequence[str] = (),
        publish: bool = False,
    ) -> Post:
        """Raise `Invalid`, `Forbidden`, `SlugTaken`."""
        refuse(writing_violations(text, slug, tags, categories))
        check_may_create(caller, publish=publish)
        at = self.now()
        post = Post(
            id=PostId(self.new_id()),
            type=PostType.POST,
            author=Byline(caller.id, "", ""),  # the store gives the names back
            slug="",
            text=replace(text, title=text.title.strip()),
            status=Status.DRAFT,
            created_at=at,
            updated_at=at,
        )
        return await self.posts.add(
            post.published(at=at) if publish else post,
            Slugs(slugify(slug or text.title) or FALLBACK_SLUG, exact=bool(slug)),
            tags=self._terms(distinct_tags(tags)),
            categories=self._terms(categories),
        )

    async def change(
        self, caller: Caller, post_id: PostId, changes: Changes, *, version: int | None = None
    ) -> Post:
        """Edit, publish or unpublish in one step. `version`: what the caller saw, if they say.

        Raise `PostNotFound`, `Forbidden`, `Invalid`, `SlugTaken`, `Stale`.
        """
        post = await self._allowed(check_may_edit, caller, post_id, version)
        text = changes.edit(post.text)
        refuse(
            writing_violations(text, changes.slug, changes.tags or (), changes.categories or ())
        )
        text = replace(text, title=text.title.strip())
        at = self.now()
        edited = post.edited(text, slug=slugify(changes.slug) if changes.slug else None, at=at)
        if changes.publish:
            check_may_publish(caller, post)
            edited = edited.published(at=at)
        elif changes.publish is False:
            edited = edited.unpublished(at=at)
        return await self.posts.save(
            edited,
            tags=None if changes.tags is None else self._terms(distinct_tags(changes.tags)),
            categories=None if changes.categories is None else self._terms(changes.categories),
        )

    async def publish(
        self, caller: Caller, post_id: PostId, *, version: int | None = None
    ) -> Post:
        """Raise `PostNotFound`, `Forbidden`, `Stale`."""
        post = await self._allowed(check_may_publish, caller, post_id, version)
        return await self.posts.save(post.published(at=self.now()))

    async def unpublish(
        self, caller: Caller, post_id: PostId, *, version: int | None = None
    ) -> Post:
        """Raise `PostNotFound`, `Forbidden`, `Stale`."""
        post = await self._allowed(check_may_publish, caller, post_id, version)
        return await self.posts.save(post.unpublished(at=self.now()))

    async def schedule(
        self, caller: Caller, post_id: PostId, when: datetime, *, version: int | None = None
    ) -> Post:
        """Raise `PostNotFound`, `Forbidden`, `Invalid`, `Stale`, `AlreadyPublished`."""
        at = self.now()
        refuse(schedule_violations(when, now=at))
        post = await self._allowed(check_may_publish, caller, post_id, version)
        return await self.posts.save(post.scheduled(when.astimezone(UTC), at=at))

    async def archive(
        self, caller: Caller, post_id: PostId, *, version: int | None = None
    ) -> Post:
        """Raise `PostNotFound`, `Forbidden`, `Stale`."""
        post = await self._allowed(check_may_publish, caller, post_id, version)
        return await self.posts.save(post.archived(at=self.now()))

    async def restore(
        self, caller: Caller, post_id: PostId, *, version: int | None = None
    ) -> Post:
        """Undo deleting, else archiving.

        Raise `PostNotFound`, `Forbidden`, `Stale`, `NothingToRestore`.
        """
        post = await self._allowed(check_may_restore, caller, post_id, version, deleted=True)
        return await self.posts.save(post.restored(at=self.now()))

    async def delete(
        self, caller: Caller, post_id: PostId, *, version: int | None = None
    ) -> Post:
        """Hide the post; it stays restorable. Raise `PostNotFound`, `Forbidden`, `Stale`."""
        post = await self._allowed(check_may_delete, caller, post_id, version)
        return await self.posts.save(post.deleted(at=self.now()))

    async def _allowed(
        self,
        check: Callable[[Caller, Post], None],
        caller: Caller,
        post_id: PostId,
        version: int | None,
        *,
        deleted: bool = False,
    ) -> Post:
        # Before it is looked up: who may not write learns nothing of what there is.
        caller.need("posts:write")
        post = await self.posts.get(post_id, deleted=deleted)
        check(caller, post)
        if version is not None and version != post.version:
            raise Stale(post.version)
        return post

    def _terms(self, names: Sequence[str]) -> list[Term]:
        return [Term(self.new_id(), name) for name in names]


def writing_violations(
    text: Text, slug: str | None, tags: Sequence[str], categories: Sequence[str]
) -> list[Violation]:
    """Everything wrong with what an author hands in."""
    found = text_violations(text)
    if slug and len(slug) > MAX_SLUG:
        message = f"at most {MAX_SLUG} characters"
        found.append(Violation("slug", "too_long", message, {"max": MAX_SLUG}))
    elif slug and not slugify(slug):
        found.append(Violation("slug", "invalid_format", "no letter or digit in it"))
    found += tag_violations(tags)
    if any(not 1 <= len(name.strip()) <= MAX_CATEGORY_LENGTH for name in categories):
        message = f"a category has 1 to {MAX_CATEGORY_LENGTH} characters"
        found.append(
            Violation("categories", "invalid_length", message, {"max": MAX_CATEGORY_LENGTH})
        )
    return found
