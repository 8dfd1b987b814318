"""Revisions show what posts showed, whoever changed them, and whatever was changed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from serinus.application.acting import Actor, Via, acting_as
from serinus.application.content.ports import Slugs
from serinus.domain.content.listing import Counting, Listing
from serinus.domain.content.post import ContentFormat, Post, PostId, PostNotFound
from serinus.domain.content.revision import NEWEST_FIRST, Revision, position
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.post_history import PostgresPostHistory
from serinus.infrastructure.postgres.posts import PostgresPosts
from serinus.infrastructure.postgres.tags import PostgresTags
from tests.support.content import ADA, NOON, a_post, add_author, terms

BY_ADA = Actor(via=Via.V2, user=ADA.id)


@pytest.fixture
async def posts(pool: asyncpg.Pool) -> PostgresPosts:
    await add_author(pool)
    return PostgresPosts(pool)


async def add(posts: PostgresPosts, *tags: str, categories: tuple[str, ...] = ()) -> Post:
    return await posts.add(
        a_post(), Slugs("p", exact=False), tags=terms(*tags), categories=terms(*categories)
    )


async def revisions(pool: asyncpg.Pool, post_id: PostId, **paging: Any) -> list[Revision]:
    listing = Listing(orders=NEWEST_FIRST, limit=100, **paging)
    _, page = await PostgresPostHistory(pool).page(post_id, listing)
    return list(page.items)


async def test_a_new_post_has_one_revision_and_costs_no_row(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    with acting_as(BY_ADA):
        post = await add(posts, "a")

    (only,) = await revisions(pool, post.id)

    assert only == Revision(
        number=1,
        at=NOON,
        by=ADA,
        via="v2",
        title="Canaries sing",
        content_bytes=8,
        changed=None,
    )
    assert await pool.fetchval("SELECT count(*) FROM post_revisions") == 0


EDITS: dict[str, Any] = {
    "title": lambda post: text_of(post, title=post.text.title + "!"),
    "content": lambda post: text_of(post, content=post.text.content + "カ"),
    "content_format": lambda post: text_of(post, content_format=ContentFormat.HTML),
    "excerpt": lambda post: text_of(post, excerpt="e" if post.text.excerpt is None else None),
    "locale": lambda post: text_of(post, locale="ja"),
    "featured_image": lambda post: text_of(post, featured_image="https://example.org/a.png"),
    "seo": lambda post: text_of(post, meta_title="m"),
    "slug": lambda post: replace(post, slug=f"{post.slug}-x"),
    "publish": lambda post: post.published(at=later(post)),
    "unpublish": lambda post: post.unpublished(at=later(post)),
    "archive": lambda post: post.archived(at=later(post)),
    "schedule": lambda post: replace(
        post.unpublished(at=later(post)).scheduled(later(post), at=later(post))
    ),
    "delete": lambda post: post.deleted(at=later(post)),
    "nothing": lambda post: replace(post, updated_at=later(post)),
}


def later(post: Post) -> Any:
    return post.updated_at + timedelta(minutes=1)


def text_of(post: Post, **changes: Any) -> Post:
    return replace(post, text=replace(post.text, **changes), updated_at=later(post))


names = st.lists(st.sampled_from(["a", "b", "c#", "鳥"]), max_size=3, unique=True)
steps = st.tuples(st.sampled_from(sorted(EDITS)), st.none() | names, st.none() | names)


def drawn(count: int) -> list[list[Any]]:
    found: list[list[Any]] = []

    @settings(max_examples=count, database=None)
    @given(st.lists(steps, min_size=1, max_size=8))
    def collect(sequence: list[Any]) -> None:
        found.append(sequence)

    collect()
    return found


async def test_revision_n_shows_what_the_post_showed_at_version_n(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    history = PostgresPostHistory(pool)
    for sequence in drawn(25):
        shown = [await add(posts, "a")]
        for edit, tags, categories in sequence:
            shown.append(
                await posts.save(
                    EDITS[edit](shown[-1]),
                    tags=None if tags is None else terms(*tags),
                    categories=None if categories is None else terms(*categories),
                )
            )
        if shown[-1].deleted_at is not None:
            shown.append(await posts.save(shown[-1].restored(at=NOON)))

        listed = await revisions(pool, shown[0].id)
        _, found = await history.several(shown[0].id, *range(1, len(shown) + 2))

        assert [found[number + 1].post for number in range(len(shown))] == shown
        assert [each.number for each in listed] == list(range(len(shown), 0, -1))
        assert [found[each.number].revision for each in listed] == listed
        for revision in listed[:-1]:
            before, after = shown[revision.number - 2 : revision.number]
            assert set(revision.changed or ()) == differences(before, after)


def differences(before: Post, after: Post) -> set[str]:
    return {name for name, member in MEMBERS.items() if member(before) != member(after)}


MEMBERS: dict[str, Any] = {
    **{
        name: lambda post, name=name: getattr(post.text, name)
        for name in (
            *("title", "content", "content_format", "excerpt", "locale", "featured_image"),
        )
    },
    **{
        name: lambda post, name=name: getattr(post, name)
        for name in (
            *("slug", "status", "tags", "categories", "published_at", "scheduled_at", "type"),
        )
    },
    "seo": lambda post: (post.text.meta_title, post.text.meta_description),
    "deleted": lambda post: post.deleted_at is None,
}


async def test_every_version_says_who_made_it_and_through_what(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts)
    with acting_as(BY_ADA):
        post = await posts.save(post, tags=terms("a"))
    with acting_as(Actor(via=Via.SCHEDULE)):
        post = await posts.save(post)
    with acting_as(replace(BY_ADA, user=uuid7())):  # nobody we know any more
        await posts.save(post)

    found = await revisions(pool, post.id)

    assert [(each.number, each.by, each.via) for each in found] == [
        (4, None, "v2"),
        (3, None, "schedule"),
        (2, ADA, "v2"),
        (1, None, None),
    ]


async def test_revisions_come_in_pages_either_way(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts)
    for _ in range(6):
        post = await posts.save(EDITS["title"](post))
    everything = await revisions(pool, post.id)
    history = PostgresPostHistory(pool)
    listing = Listing(orders=NEWEST_FIRST, limit=3, counting=Counting.EXACT)

    _, first = await history.page(post.id, listing)
    after = position(post.id, first.items[-1])
    _, second = await history.page(post.id, replace(listing, after=after))
    _, back = await history.page(
        post.id, replace(listing, before=position(post.id, second.items[0]))
    )

    assert list(first.items + second.items) == everything[:6]
    assert back.items == first.items
    assert (first.later, second.later, second.earlier, back.earlier) == (
        True,
        True,
        True,
        False,
    )
    assert first.count is not None
    assert first.count.value == 7
    assert all(each.changed == ("title",) for each in everything[:-1])


async def test_a_tag_that_was_renamed_or_deleted_is_found_by_the_name_that_leads_to_it(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts, "old", "lost", categories=("Field notes",))
    await posts.save(post, tags=[], categories=[])
    store = PostgresTags(pool)
    renamed, lost = [await store.get(tag.id) for tag in post.tags]
    await store.save(replace(renamed, name="new"))
    await store.delete(lost.id, lost.version)

    _, found = await PostgresPostHistory(pool).several(post.id, 1)

    assert found[1].post.tags == post.tags
    assert found[1].terms.tags == ("new", "lost")
    assert found[1].terms.categories == ("field-notes",)


async def test_a_deleted_post_and_one_that_never_was_have_no_revisions(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts)
    await posts.save(post.deleted(at=NOON))
    history = PostgresPostHistory(pool)

    for missing in (post.id, PostId(uuid7())):
        with pytest.raises(PostNotFound):
            await history.page(missing, Listing(orders=NEWEST_FIRST))
        with pytest.raises(PostNotFound):
            await history.several(missing, 1)


async def test_of_writers_at_the_same_time_each_leaves_its_revision(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts)

    async def write(number: int) -> None:
        written = False
        while not written:
            now = await posts.get(post.id)
            try:
                await posts.save(
                    text_of(now, title=f"{now.text.title} {number}"), tags=terms(f"t{number}")
                )
                written = True
            except Stale:
                pass

    await asyncio.gather(*(write(number) for number in range(8)))

    _, found = await PostgresPostHistory(pool).several(post.id, *range(1, 10))
    titles = [found[number].post.text.title for number in range(1, 10)]
    assert len(titles) == 9
    assert all(after.startswith(f"{before} ") for before, after in pairwise(titles))
    for number in range(2, 10):
        tag = found[number].post.text.title.rsplit(" ", 1)[1]
        assert [each.name for each in found[number].post.tags] == [f"t{tag}"]


async def test_a_text_that_did_not_change_is_kept_once(
    posts: PostgresPosts, pool: asyncpg.Pool
) -> None:
    post = await add(posts)
    for edit in ("title", "title", "content", "title"):
        post = await posts.save(EDITS[edit](post))

    kept = await pool.fetch(
        "SELECT number FROM post_revisions WHERE content IS NOT NULL ORDER BY number"
    )

    assert [row["number"] for row in kept] == [3]
