"""Tags and categories, found by name or made on the fly, safely beside other writers."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from serinus.legacy.models import Category, Tag
from serinus.legacy.names import distinct_tags
from serinus.legacy.slugs import free_slugs, slugify

FALLBACK_TAG_SLUG = "tag"  # for "++"
FALLBACK_CATEGORY_SLUG = "category"


async def tags_named(
    session: AsyncSession, names: Iterable[str], former: set[UUID], now: datetime
) -> list[Tag]:
    """One tag per distinct name, in the order of the names.

    These and the `former` tags of the post are locked against other writers, see `_lock`.
    """
    wanted = distinct_tags(names)
    # Tags made in one moment are listed by their ids: in the order of their names here.
    ids = {key: uuid7() for key in wanted}
    while True:
        found = await _tags_by_key(session, wanted)
        missing = sorted((_tag_slug(wanted[key]), key) for key in wanted if key not in found)
        # In one order everywhere: writers with the same new tags wait in a row, not a circle.
        for slug, key in missing:
            tag = {"id": ids[key], "name": wanted[key], "name_key": key}
            await _add_tag(session, tag, slug, now)
        current = {tag.id for tag in found.values()}
        # A tag that is deleted before it is locked is made again.
        if not missing and current <= await _lock(session, current | former):
            return [found[key] for key in wanted]


async def categories_named(session: AsyncSession, name: str, now: datetime) -> list[Category]:
    """The category with the slug of the name; none when the name is empty."""
    if not name:
        return []
    slug = slugify(name) or FALLBACK_CATEGORY_SLUG
    by_slug = select(Category).where(Category.slug == slug)
    if found := await session.scalar(by_slug):
        return [found]
    await session.execute(
        insert(Category)
        .values(id=uuid7(), name=name, slug=slug, created_at=now, updated_at=now)
        .on_conflict_do_nothing()
    )
    return [(await session.scalars(by_slug)).one()]


async def _lock(session: AsyncSession, tag_ids: set[UUID]) -> set[UUID]:
    """Lock what the triggers that count usage will lock, all at once and in their order.

    They run per statement, and a change of tags takes several: without this, two writers that
    swap tags of their posts would each wait for the other.
    """
    if not tag_ids:
        return tag_ids
    query = select(Tag.id).where(Tag.id.in_(tag_ids)).order_by(Tag.id)
    return set(await session.scalars(query.with_for_update(key_share=True)))


async def _tags_by_key(session: AsyncSession, keys: Collection[str]) -> dict[str, Tag]:
    if not keys:
        return {}
    tags = await session.scalars(select(Tag).where(Tag.name_key.in_(keys)))
    return {tag.name_key: tag for tag in tags}


async def _add_tag(
    session: AsyncSession, tag: dict[str, Any], slug: str, now: datetime
) -> None:
    """Make the tag unless another writer does."""
    async for free in free_slugs(session, Tag.slug, slug):
        added = await session.scalar(
            insert(Tag)
            .values(**tag, slug=free, created_at=now, updated_at=now)
            .on_conflict_do_nothing()
            .returning(Tag.id)
        )
        same = select(Tag.id).where(Tag.name_key == tag["name_key"])
        if added or await session.scalar(same):
            return


def _tag_slug(name: str) -> str:
    return slugify(name) or FALLBACK_TAG_SLUG
