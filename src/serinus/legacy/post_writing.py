"""Creating, changing, publishing and deleting posts.

Locks are taken in one order: the post, its slug, its category, its tags. Two writers who need
the same of them wait for each other in a row.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from serinus.legacy.authentication import Caller
from serinus.legacy.authorisation import (
    DELETERS,
    EDITORS,
    PUBLISHERS,
    WRITERS,
    need,
    need_own_or,
    need_permission,
)
from serinus.legacy.envelope import conflict
from serinus.legacy.models import Post, Status
from serinus.legacy.permissions import PUBLISHING
from serinus.legacy.post_forms import CreatePost, UpdatePost
from serinus.legacy.post_queries import lock_post
from serinus.legacy.slugs import claim, claim_free, slugify
from serinus.legacy.taxonomy import categories_named, tags_named
from serinus.legacy.turns import again_after_deadlock

# Members that are stored as they are; empty text stands for none.
OPTIONAL_TEXTS = ("excerpt", "featured_image", "meta_title", "meta_description")


@again_after_deadlock
async def create_post(session: AsyncSession, caller: Caller, form: CreatePost) -> Post:
    """Raises 403, 409."""
    _need_right_to_write(caller, publish=bool(form.published))
    now = datetime.now(UTC)
    post = Post(
        id=uuid7(),
        author_id=caller.id,
        title=form.title,
        content=form.content,
        excerpt=form.excerpt or None,
        featured_image=form.featured_image or None,
        meta_title=form.meta_title or None,
        meta_description=form.meta_description or None,
        status=Status.DRAFT,
        published_at=None,
        scheduled_at=None,
        created_at=now,
        updated_at=now,
        version=1,
        tag_links=[],
        category_links=[],
    )
    if form.published:
        post.publish(now)
    post.slug = await _slug_for(session, post.id, form, now)
    await _set_terms(session, post, form, now)
    session.add(post)
    await session.commit()
    return post


@again_after_deadlock
async def update_post(
    session: AsyncSession, caller: Caller, post_id: UUID, form: UpdatePost
) -> Post:
    """Raises 403, 404, 409."""
    _need_right_to_write(caller, publish=bool(form.published))
    post = await lock_post(session, caller, post_id)
    need_own_or(caller, EDITORS, post)
    now = datetime.now(UTC)
    if form.slug:
        post.slug = await _given_slug(session, post.id, form.slug, now)
    post.title = form.title or post.title
    post.content = form.content or post.content
    _set_optional_texts(post, form)
    if form.published is not None:
        post.publish(now) if form.published else post.withdraw()
    await _set_terms(session, post, form, now)
    post.touch(now)
    await session.commit()
    return post


@again_after_deadlock
async def publish_post(session: AsyncSession, caller: Caller, post_id: UUID) -> Post:
    """From any state. Raises 403, 404."""
    _need_right_to_write(caller, publish=True)
    post = await lock_post(session, caller, post_id)
    need_own_or(caller, EDITORS, post)
    now = datetime.now(UTC)
    post.publish(now)
    post.touch(now)
    await session.commit()
    return post


@again_after_deadlock
async def delete_post(session: AsyncSession, caller: Caller, post_id: UUID) -> None:
    """The row stays: contract v2 can restore it. Raises 403, 404."""
    _need_right_to_write(caller, publish=False)
    post = await lock_post(session, caller, post_id)
    need_own_or(caller, DELETERS, post)
    now = datetime.now(UTC)
    post.deleted_at = now
    post.touch(now)
    await session.commit()


def _need_right_to_write(caller: Caller, *, publish: bool) -> None:
    """Raises 403."""
    need(caller, PUBLISHERS if publish else WRITERS)
    need_permission(caller, "posts:write")
    if publish:
        need_permission(caller, PUBLISHING)


async def _slug_for(
    session: AsyncSession, post_id: UUID, form: CreatePost, now: datetime
) -> str:
    if form.slug:
        return await _given_slug(session, post_id, form.slug, now)
    return await claim_free(session, form.title, post_id, now)


async def _given_slug(session: AsyncSession, post_id: UUID, given: str, now: datetime) -> str:
    slug = slugify(given)
    if not await claim(session, slug, post_id, now):
        raise conflict("Slug already in use")
    return slug


def _set_optional_texts(post: Post, form: UpdatePost) -> None:
    for name in OPTIONAL_TEXTS:
        given: str | None = getattr(form, name)
        if given is not None:
            setattr(post, name, given or None)


async def _set_terms(
    session: AsyncSession, post: Post, form: UpdatePost, now: datetime
) -> None:
    # A query would flush the post first, whose triggers lock tags.
    with session.no_autoflush:
        if form.category is not None:
            post.file_under(await categories_named(session, form.category, now))
        if form.tags is not None:
            former = {link.tag_id for link in post.tag_links}
            post.tag_with(await tags_named(session, form.tags, former, now))
