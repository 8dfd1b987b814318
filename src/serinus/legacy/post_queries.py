"""Reading posts. Every query loads their tags and categories at once: see `WITH_TERMS`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only, selectinload

from serinus.legacy.authentication import Caller
from serinus.legacy.authorisation import IS_PUBLISHED, is_visible
from serinus.legacy.envelope import malformed, not_found
from serinus.legacy.identifiers import parse_uuid
from serinus.legacy.models import Post, PostCategory, PostTag, Status, Tag
from serinus.legacy.names import tag_key
from serinus.legacy.paging import PageQuery, cut

NEWEST = 100

SORTABLE = frozenset({"created_at", "updated_at", "published_at", "title"})

# What `status` may ask for: to this contract, a scheduled post is a draft.
STATUSES = {
    "draft": (Status.DRAFT, Status.SCHEDULED),
    "published": (Status.PUBLISHED,),
    "archived": (Status.ARCHIVED,),
}

# One statement for the tags of all posts of a page, one for their categories.
WITH_TERMS = (
    selectinload(Post.tag_links).joinedload(PostTag.tag, innerjoin=True),
    selectinload(Post.category_links).joinedload(PostCategory.category, innerjoin=True),
)


@dataclass(frozen=True, slots=True)
class PostFilter:
    statuses: tuple[Status, ...] | None
    author: UUID | None


async def post_filter(
    status: Annotated[str | None, Query()] = None,
    author: Annotated[str | None, Query()] = None,
) -> PostFilter:
    """Raises 400."""
    statuses = None if status is None else STATUSES.get(status.lower())
    if status is not None and statuses is None:
        raise malformed("Invalid query parameter: status")
    author_id = None if author is None else parse_uuid(author)
    if author is not None and author_id is None:
        raise malformed("Invalid query parameter: author")
    return PostFilter(statuses, author_id)


Filtering = Annotated[PostFilter, Depends(post_filter)]


async def list_posts(
    session: AsyncSession,
    caller: Caller,
    paging: PageQuery,
    filtering: PostFilter,
    tag: str | None,
) -> tuple[Sequence[Post], int]:
    """The posts of a page that the caller may see, and how many there are on all pages."""
    rows = select(Post).where(Post.deleted_at.is_(None), is_visible(caller))
    dated = filtering.statuses == STATUSES["published"]
    if dated:
        rows = rows.where(IS_PUBLISHED)
    elif filtering.statuses is not None:
        rows = rows.where(Post.status.in_(filtering.statuses))
    if filtering.author is not None:
        rows = rows.where(Post.author_id == filtering.author)
    if tag is not None:
        rows = rows.where(_is_tagged(tag))
    return await cut(session, rows, _order(paging, dated=dated), paging, WITH_TERMS)


async def newest_posts(session: AsyncSession) -> Sequence[Post]:
    """Of any state, without what a summary leaves out."""
    brief = load_only(Post.title, Post.author_id, Post.status, Post.created_at)
    rows = select(Post).where(Post.deleted_at.is_(None)).options(brief)
    newest = rows.order_by(Post.created_at.desc(), Post.id.desc()).limit(NEWEST)
    return (await session.scalars(newest)).all()


async def find_post(session: AsyncSession, caller: Caller, post_id: UUID) -> Post:
    """Raises 404 for what is not there, deleted, or not to be seen by the caller."""
    return await _one(session, caller, post_id, lock=False)


async def lock_post(session: AsyncSession, caller: Caller, post_id: UUID) -> Post:
    """Like `find_post`; until the transaction ends, other writers of the post wait."""
    return await _one(session, caller, post_id, lock=True)


async def _one(session: AsyncSession, caller: Caller, post_id: UUID, *, lock: bool) -> Post:
    query = select(Post).where(
        Post.id == post_id, Post.deleted_at.is_(None), is_visible(caller)
    )
    if lock:
        query = query.with_for_update(of=Post, key_share=True)
    post = await session.scalar(query.options(*WITH_TERMS))
    if post is None:
        raise not_found("Post not found")
    return post


def _is_tagged(tag: str) -> ColumnElement[bool]:
    # No tag has an empty key, and a NUL cannot even be asked for.
    key = "" if "\0" in tag else tag_key(tag)
    return Post.id.in_(
        select(PostTag.post_id).join(Tag).where(or_(Tag.name_key == key, Tag.slug == key))
    )


def _order(paging: PageQuery, *, dated: bool) -> list[ColumnElement[Any]]:
    """`dated`: every post in question has a date of publication."""
    name, descending = paging.order(SORTABLE)
    column = getattr(Post, name)
    if not descending:
        return [column.asc(), Post.id.asc()]
    # Said of values that are never null, it would keep their index from being read backwards.
    last = name == "published_at" and not dated
    return [column.desc().nulls_last() if last else column.desc(), Post.id.desc()]
