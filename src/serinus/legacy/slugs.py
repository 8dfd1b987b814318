"""Slugs: the readable part of an address, in any script, one owner each for ever."""

import unicodedata
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from itertools import chain, islice, repeat
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from serinus.legacy.models import Slug

MAX_LENGTH = 80


def slugify(text: str) -> str:
    """NFKC, lower case; runs of anything but letters, digits, marks and `_` become `-`.

    Empty when nothing is left that a reader could call a word.
    """
    lowered = unicodedata.normalize("NFKC", text).lower()
    words = "".join(c if _is_part_of_a_word(c) else " " for c in lowered).split()
    slug = "-".join(words)[:MAX_LENGTH].strip("-")
    return slug if any(map(str.isalnum, slug)) else ""


def numbered(slug: str) -> Iterator[str]:
    """`slug`, `slug-2`, `slug-3` and so on, none longer than a slug may be."""
    yield slug
    number = 2
    while True:
        suffix = f"-{number}"
        yield slug[: MAX_LENGTH - len(suffix)].rstrip("-") + suffix
        number += 1


async def free_slugs(
    session: AsyncSession, column: InstrumentedAttribute[str], slug: str
) -> AsyncIterator[str]:
    """Those of `numbered(slug)` that are free, as far as can be seen before claiming one."""
    candidates = numbered(slug)
    # Most slugs are free at once; where they are not, hundreds of posts may share a title.
    for size in chain([1], repeat(100)):
        batch = list(islice(candidates, size))
        taken = set(await session.scalars(select(column).where(column.in_(batch))))
        for candidate in batch:
            if candidate not in taken:
                yield candidate


async def claim(session: AsyncSession, slug: str, post_id: UUID, now: datetime) -> bool:
    """Take a slug for a post; False when it belongs to another one, deleted or not.

    Waits for a transaction that is about to take the same slug.
    """
    taken_now = await session.scalar(
        insert(Slug)
        .values(slug=slug, post_id=post_id, created_at=now)
        .on_conflict_do_nothing()
        .returning(Slug.slug)
    )
    if taken_now is not None:
        return True
    return await session.scalar(select(Slug.post_id).where(Slug.slug == slug)) == post_id


async def claim_free(session: AsyncSession, title: str, post_id: UUID, now: datetime) -> str:
    async for slug in free_slugs(session, Slug.slug, slugify(title) or "post"):
        if await claim(session, slug, post_id, now):
            return slug
    raise AssertionError("there is no last number")


def _is_part_of_a_word(character: str) -> bool:
    # Without their marks, Hindi or Thai words would fall apart.
    return (
        character.isalnum()
        or character == "_"
        or unicodedata.category(character) in {"Mn", "Mc"}
    )
