"""What every `Tags` must do, run against the fake and against PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.ports import Slugs
from serinus.application.content.tagging import Tags
from serinus.domain.content.taxonomy import CountedTag, TagId, TagNotFound, TagTaken
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.tags import PostgresTags
from tests.support.content import NOON
from tests.support.fakes import MemoryTags


@pytest.fixture
def memory() -> Tags:
    return MemoryTags()


@pytest.fixture
def postgres(pool: asyncpg.Pool) -> Tags:
    return PostgresTags(pool)


@pytest.fixture(params=["memory", "postgres"])
def tags(request: pytest.FixtureRequest) -> Tags:
    store: Tags = request.getfixturevalue(request.param)
    return store


def a_tag(name: str = "Jazz") -> CountedTag:
    return CountedTag(
        id=TagId(uuid7()),
        slug="",
        name=name,
        usage_count=0,
        created_at=NOON,
        updated_at=NOON,
        version=1,
    )


async def add(
    tags: Tags, name: str = "Jazz", slug: str = "jazz", *, exact: bool = False
) -> CountedTag:
    return await tags.add(a_tag(name), Slugs(slug, exact))


async def test_a_tag_comes_back_as_it_was_stored(tags: Tags) -> None:
    tag = a_tag("歌")

    added = await tags.add(tag, Slugs("歌", exact=False))

    assert added == replace(tag, slug="歌") == await tags.get(tag.id)


async def test_a_name_is_taken_in_every_spelling(tags: Tags) -> None:
    await add(tags)

    with pytest.raises(TagTaken):
        await add(tags, "JAZZ", "other")


async def test_a_slug_is_numbered_unless_it_was_asked_for(tags: Tags) -> None:
    await add(tags, "c", "c")

    assert (await add(tags, "c#", "c")).slug == "c-2"
    with pytest.raises(TagTaken):
        await add(tags, "c++", "c", exact=True)


async def test_saving_counts_the_version(tags: Tags) -> None:
    tag = await add(tags)
    later = NOON + timedelta(hours=1)
    renamed = replace(tag, name="Blues", slug="blues", updated_at=later)

    saved = await tags.save(renamed)

    assert saved == replace(renamed, version=2) == await tags.get(tag.id)


async def test_a_tag_may_keep_its_name_and_take_no_other_s(tags: Tags) -> None:
    jazz, blues = await add(tags), await add(tags, "Blues", "blues")

    assert (await tags.save(replace(jazz, name="JAZZ"))).name == "JAZZ"
    with pytest.raises(TagTaken):
        await tags.save(replace(blues, name="jazz"))
    with pytest.raises(TagTaken):
        await tags.save(replace(blues, slug="jazz"))


async def test_whoever_has_an_older_version_is_stale(tags: Tags) -> None:
    tag, other = await add(tags), await add(tags, "Blues", "blues")
    await tags.save(tag)

    for write in (tags.save(tag), tags.delete(tag.id, 1), tags.merge(tag, other.id)):
        with pytest.raises(Stale) as stale:
            await write
        assert stale.value.version == 2


async def test_what_is_not_there_is_not_found(tags: Tags) -> None:
    here, gone = await add(tags), await add(tags, "Blues", "blues")
    await tags.delete(gone.id, 1)

    for missing in (
        tags.get(gone.id),
        tags.save(gone),
        tags.delete(gone.id, 1),
        tags.merge(gone, here.id),
        tags.merge(here, gone.id),
    ):
        with pytest.raises(TagNotFound):
            await missing
    assert await tags.get(here.id) == here


async def test_a_merged_tag_is_gone(tags: Tags) -> None:
    kept, merged = await add(tags), await add(tags, "Blues", "blues")

    assert await tags.merge(merged, kept.id) == kept
    with pytest.raises(TagNotFound):
        await tags.get(merged.id)
