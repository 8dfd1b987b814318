"""What authors and editors do with posts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.editing import Changes, Editing
from serinus.domain.content.post import NothingToRestore, PostNotFound, Status, Text
from serinus.domain.content.slug import SlugTaken
from serinus.domain.errors import Forbidden, Invalid, Stale
from serinus.domain.identity.caller import Role, UserId
from tests.support.content import ADA, NOON, a_caller
from tests.support.fakes import MemoryPosts

TEXT = Text(title=" Canaries sing ", content="They do.")
LATER = NOON + timedelta(hours=1)
AUTHOR = a_caller()
STRANGER = a_caller(Role.AUTHOR, UserId(uuid7()))
EDITOR = a_caller(Role.EDITOR, UserId(uuid7()))


@pytest.fixture
def posts() -> MemoryPosts:
    return MemoryPosts(authors={ADA.id: ADA})


@pytest.fixture
def editing(posts: MemoryPosts) -> Editing:
    return Editing(posts, now=lambda: NOON, new_id=uuid7)


def at(editing: Editing, moment: datetime) -> Editing:
    return replace(editing, now=lambda: moment)


async def test_a_new_post_is_a_draft_with_a_slug_from_its_title(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT, tags=["b", "a", "B"], categories=["c"])

    assert (post.slug, post.text.title, post.status) == (
        "canaries-sing",
        "Canaries sing",
        Status.DRAFT,
    )
    assert (post.author, post.created_at, post.updated_at) == (ADA, NOON, NOON)
    assert [tag.name for tag in post.tags] == ["b", "a"]
    assert [category.name for category in post.categories] == ["c"]


async def test_a_title_without_letters_gives_a_slug_all_the_same(editing: Editing) -> None:
    assert (await editing.create(AUTHOR, replace(TEXT, title="!!!"))).slug == "post"


async def test_publishing_at_once_dates_the_post(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT, publish=True)

    assert (post.status, post.published_at) == (Status.PUBLISHED, NOON)


async def test_a_slug_that_was_asked_for_is_had_or_refused(editing: Editing) -> None:
    assert (await editing.create(AUTHOR, TEXT, slug="My Slug")).slug == "my-slug"

    with pytest.raises(SlugTaken):
        await editing.create(AUTHOR, TEXT, slug="my slug")


async def test_everything_wrong_is_told_before_anything_is_stored(
    editing: Editing, posts: MemoryPosts
) -> None:
    with pytest.raises(Invalid) as refused:
        await editing.create(
            AUTHOR,
            replace(TEXT, title=""),
            slug="!",
            tags=["x" * 51],
            categories=["", "ok"],
        )

    assert [each.field for each in refused.value.violations] == [
        "title",
        "slug",
        "tags",
        "categories",
    ]
    assert not posts.rows


async def test_a_slug_has_a_length(editing: Editing) -> None:
    with pytest.raises(Invalid) as refused:
        await editing.create(AUTHOR, TEXT, slug="x" * 256)

    assert [each.code for each in refused.value.violations] == ["too_long"]


async def test_a_subscriber_writes_nothing(editing: Editing) -> None:
    with pytest.raises(Forbidden):
        await editing.create(a_caller(Role.SUBSCRIBER), TEXT)


async def test_a_change_touches_what_it_names(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT, tags=["a"], categories=["b"])

    edited = await at(editing, LATER).change(
        AUTHOR, post.id, Changes(edit=lambda text: replace(text, excerpt="e")), version=1
    )

    assert edited == replace(
        post, text=replace(post.text, excerpt="e"), version=2, updated_at=LATER
    )


async def test_a_change_can_rename_retag_and_publish(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT, tags=["a"], categories=["b"])

    edited = await editing.change(
        AUTHOR, post.id, Changes(slug="New", tags=["c"], categories=[], publish=True)
    )

    assert (edited.slug, edited.status, edited.categories) == ("new", Status.PUBLISHED, ())
    assert [tag.name for tag in edited.tags] == ["c"]
    hidden = await editing.change(AUTHOR, post.id, Changes(publish=False))
    assert hidden.status is Status.DRAFT


async def test_publishing_and_unpublishing(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT)

    assert (await editing.publish(EDITOR, post.id)).status is Status.PUBLISHED
    assert (await editing.unpublish(AUTHOR, post.id)).status is Status.DRAFT


async def test_an_older_version_changes_nothing(editing: Editing) -> None:
    post = await editing.publish(AUTHOR, (await editing.create(AUTHOR, TEXT)).id)

    for write in (
        editing.change(AUTHOR, post.id, Changes(), version=1),
        editing.publish(AUTHOR, post.id, version=1),
        editing.unpublish(AUTHOR, post.id, version=1),
        editing.schedule(AUTHOR, post.id, LATER, version=1),
        editing.archive(AUTHOR, post.id, version=1),
        editing.restore(AUTHOR, post.id, version=1),
        editing.delete(AUTHOR, post.id, version=1),
    ):
        with pytest.raises(Stale) as stale:
            await write
        assert stale.value.version == 2


async def test_others_posts_are_left_alone(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT, publish=True)

    for write in (
        editing.change(STRANGER, post.id, Changes()),
        editing.publish(STRANGER, post.id),
        editing.unpublish(STRANGER, post.id),
        editing.schedule(STRANGER, post.id, LATER),
        editing.archive(STRANGER, post.id),
        editing.restore(STRANGER, post.id),
        editing.delete(EDITOR, post.id),
    ):
        with pytest.raises(Forbidden):
            await write


async def test_others_drafts_are_not_there(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT)

    for write in (
        editing.change(STRANGER, post.id, Changes()),
        editing.publish(STRANGER, post.id),
        editing.delete(STRANGER, post.id),
    ):
        with pytest.raises(PostNotFound):
            await write


async def test_a_deleted_post_is_gone(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT)

    await editing.delete(AUTHOR, post.id)

    with pytest.raises(PostNotFound):
        await editing.change(AUTHOR, post.id, Changes())


async def test_a_stranger_does_not_learn_the_version_of_a_draft(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT)

    with pytest.raises(PostNotFound):
        await editing.change(STRANGER, post.id, Changes(), version=7)


async def test_a_post_is_scheduled_in_the_zone_of_all(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT)

    there = LATER.astimezone(timezone(timedelta(hours=9)))
    scheduled = await editing.schedule(AUTHOR, post.id, there)

    assert (scheduled.status, scheduled.scheduled_at) == (Status.SCHEDULED, LATER)
    assert scheduled.scheduled_at is not None
    assert scheduled.scheduled_at.tzinfo is UTC


async def test_what_is_past_is_not_scheduled(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT)

    with pytest.raises(Invalid) as refused:
        await editing.schedule(AUTHOR, post.id, NOON)

    assert [each.code for each in refused.value.violations] == ["too_early"]


async def test_contributors_do_not_decide_when_posts_are_shown(editing: Editing) -> None:
    contributor = a_caller(Role.CONTRIBUTOR)
    post = await editing.create(contributor, TEXT)

    for write in (
        editing.schedule(contributor, post.id, LATER),
        editing.archive(contributor, post.id),
        editing.unpublish(contributor, post.id),
    ):
        with pytest.raises(Forbidden):
            await write


async def test_what_was_deleted_or_archived_comes_back(editing: Editing) -> None:
    post = await editing.create(AUTHOR, TEXT, publish=True)

    await editing.archive(AUTHOR, post.id)
    await editing.delete(AUTHOR, post.id)

    assert (await editing.restore(AUTHOR, post.id)).status is Status.ARCHIVED
    assert (await editing.restore(AUTHOR, post.id)).status is Status.PUBLISHED
    with pytest.raises(NothingToRestore):
        await editing.restore(AUTHOR, post.id)
