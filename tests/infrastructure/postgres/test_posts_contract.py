"""What every `Posts` must do, run against the fake and against PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.content.ports import AllOrNothing, Posts, Slugs, Term
from serinus.domain.content.post import ContentFormat, Post, PostId, PostNotFound, Status, Text
from serinus.domain.content.slug import SlugTaken
from serinus.domain.errors import Stale
from serinus.infrastructure.postgres.posts import PostgresPosts
from tests.support.content import ADA, NOON, a_post, add_author, terms
from tests.support.fakes import MemoryPosts

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def memory() -> Posts:
    return MemoryPosts(authors={ADA.id: ADA})


@pytest.fixture
async def postgres(pool: asyncpg.Pool) -> Posts:
    await add_author(pool)
    return PostgresPosts(pool)


@pytest.fixture(params=["memory", "postgres"])
def posts(request: pytest.FixtureRequest) -> Posts:
    store: Posts = request.getfixturevalue(request.param)
    return store


async def add(
    posts: Posts,
    post: Post | None = None,
    slug: str = "canaries-sing",
    *,
    exact: bool = False,
    tags: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
) -> Post:
    return await posts.add(
        post or a_post(), Slugs(slug, exact), tags=terms(*tags), categories=terms(*categories)
    )


def tag_names(post: Post) -> list[str]:
    return [tag.name for tag in post.tags]


async def test_a_post_comes_back_as_it_was_stored(posts: Posts) -> None:
    text = Text(
        title="カナリア",
        content="<p>歌う</p>",
        content_format=ContentFormat.HTML,
        excerpt="e",
        locale="ja",
        featured_image="https://example.org/a.png",
        meta_title="m",
        meta_description="d",
    )
    post = a_post(text=text, status=Status.PUBLISHED, published_at=LATER, updated_at=LATER)

    added = await add(posts, post, "カナリア", tags=("鳥", "Song"), categories=("News",))

    assert added == await posts.get(post.id)
    assert replace(added, tags=(), categories=()) == replace(post, slug="カナリア")
    assert tag_names(added) == ["鳥", "Song"]
    assert [(c.slug, c.name) for c in added.categories] == [("news", "News")]


async def test_an_unknown_post_is_not_found(posts: Posts) -> None:
    with pytest.raises(PostNotFound):
        await posts.get(PostId(uuid7()))


async def test_a_taken_slug_is_numbered(posts: Posts) -> None:
    slugs = [(await add(posts, a_post())).slug for _ in range(3)]

    assert slugs == ["canaries-sing", "canaries-sing-2", "canaries-sing-3"]


async def test_a_numbered_slug_keeps_within_its_length(posts: Posts) -> None:
    long = "a" * 77 + "-bc"
    slugs = [(await add(posts, a_post(), long)).slug for _ in range(2)]

    assert slugs == [long, "a" * 77 + "-2"]


async def test_an_exact_slug_is_taken_once(posts: Posts) -> None:
    await add(posts, slug="song", exact=True)

    with pytest.raises(SlugTaken):
        await add(posts, slug="song", exact=True)


async def test_the_slug_of_a_deleted_post_stays_taken(posts: Posts) -> None:
    post = await add(posts)
    await posts.save(post.deleted(at=LATER))

    with pytest.raises(SlugTaken):
        await add(posts, slug=post.slug, exact=True)


async def test_one_tag_has_one_spelling(posts: Posts) -> None:
    first = await add(posts, tags=("Jazz",))
    second = await add(posts, tags=("JAZZ", "\uff2aazz", "blues"))

    assert second.tags[0] == first.tags[0]
    assert tag_names(second) == ["Jazz", "blues"]


async def test_tags_that_look_alike_in_an_address_get_numbers(posts: Posts) -> None:
    first = await add(posts, tags=("c++", "c#"))
    second = await add(posts, tags=("c", "++", "c-2", "--"))

    # Two that are new at once may share out the numbers either way.
    assert {tag.slug for tag in first.tags} == {"c", "c-2"}
    assert second.tags[0].slug == "c-3"
    assert {second.tags[1].slug, second.tags[3].slug} == {"tag", "tag-2"}
    assert second.tags[2].slug == "c-2-2"


async def test_categories_are_found_by_the_slug_of_their_name(posts: Posts) -> None:
    first = await add(posts, categories=("Field Notes", "!"))
    second = await add(posts, categories=("field-notes", "FIELD notes", "?"))

    assert first.categories == second.categories
    assert [c.slug for c in first.categories] == ["field-notes", "category"]


async def test_saving_replaces_the_text_and_counts_the_version(posts: Posts) -> None:
    post = await add(posts, tags=("a",), categories=("b",))
    text = replace(post.text, title="New", excerpt="e", content_format=ContentFormat.HTML)
    edited = post.edited(text, at=LATER).published(at=LATER)

    saved = await posts.save(edited)

    assert saved == replace(edited, version=2) == await posts.get(post.id)


async def test_terms_are_replaced_in_their_new_order(posts: Posts) -> None:
    post = await add(posts, tags=("a", "b", "c"), categories=("x", "y"))

    saved = await posts.save(post, tags=terms("c", "d", "a"), categories=terms("y"))

    assert tag_names(saved) == ["c", "d", "a"]
    assert [c.name for c in saved.categories] == ["y"]
    assert saved == await posts.get(post.id)


async def test_terms_that_are_not_given_stay(posts: Posts) -> None:
    post = await add(posts, tags=("a",), categories=("x",))

    saved = await posts.save(post, tags=[])
    again = await posts.save(saved, categories=[])

    assert (saved.tags, saved.categories) == ((), post.categories)
    assert (again.tags, again.categories, again.version) == ((), (), 3)


@pytest.mark.parametrize("tags", [None, terms("a")])
async def test_the_second_writer_is_stale(posts: Posts, tags: list[Term] | None) -> None:
    post = await add(posts)
    await posts.save(post)

    with pytest.raises(Stale) as stale:
        await posts.save(replace(post, slug="lost"), tags=tags)

    assert stale.value.version == 2
    assert (await add(posts, slug="lost", exact=True)).slug == "lost"


async def test_a_former_slug_is_kept_and_can_be_taken_back(posts: Posts) -> None:
    post = await add(posts, slug="old")
    moved = await posts.save(replace(post, slug="new"))
    with pytest.raises(SlugTaken):
        await add(posts, slug="old", exact=True)

    back = await posts.save(replace(moved, slug="old"))

    assert back.slug == "old"


@pytest.mark.parametrize("tags", [None, terms("a")])
@pytest.mark.parametrize("wanted", ["current", "former"])
async def test_a_slug_of_another_post_is_taken(
    posts: Posts, wanted: str, tags: list[Term] | None
) -> None:
    other = await add(posts, slug="former")
    await posts.save(replace(other, slug="current"))
    post = await add(posts)

    with pytest.raises(SlugTaken):
        await posts.save(replace(post, slug=wanted), tags=tags)

    assert await posts.get(post.id) == post


async def test_a_deleted_post_is_gone_but_for_who_asks_for_deleted_ones(posts: Posts) -> None:
    post = await add(posts)
    deleted = await posts.save(post.deleted(at=LATER))

    with pytest.raises(PostNotFound):
        await posts.get(post.id)
    with pytest.raises(PostNotFound):
        await posts.save(post)
    assert await posts.get(post.id, deleted=True) == deleted
    assert (deleted.deleted_at, deleted.version) == (LATER, 2)


async def test_a_deleted_post_comes_back_with_everything(posts: Posts) -> None:
    post = await add(posts, tags=("a",), categories=("b",))
    deleted = await posts.save(post.deleted(at=LATER))

    restored = await posts.save(deleted.restored(at=LATER))

    assert restored == replace(post, version=3, updated_at=LATER)
    assert await posts.get(post.id) == restored


async def test_deleting_an_older_version_is_stale(posts: Posts) -> None:
    post = await add(posts)
    await posts.save(post)

    with pytest.raises(Stale) as stale:
        await posts.save(post.deleted(at=LATER))

    assert stale.value.version == 2


async def test_of_writes_made_together_none_stays_when_one_fails(posts: AllOrNothing) -> None:
    first, second = await add(posts, slug="first"), await add(posts, slug="second")

    async def work(several: Posts) -> None:
        await add(several, slug="third", tags=("new",))
        await several.save(first.published(at=LATER), tags=terms("other"))
        await several.save(replace(second, slug="first"))

    with pytest.raises(SlugTaken):
        await posts.together([second.id, first.id], work)

    assert [await posts.get(each.id) for each in (first, second)] == [first, second]
    assert (await add(posts, slug="third")).slug == "third"


async def test_writes_made_together_see_each_other(posts: AllOrNothing) -> None:
    async def work(several: Posts) -> Post:
        post = await add(several, tags=("new",))
        published = await several.save((await several.get(post.id)).published(at=LATER))
        return await several.save(published, tags=terms("b", "new"))

    written = await posts.together([], work)

    assert (written.version, tag_names(written)) == (3, ["b", "new"])
    assert await posts.get(written.id) == written
