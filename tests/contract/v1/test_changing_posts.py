"""PUT, DELETE and publish: who may, what changes, what stays."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, problems, refusal
from tests.contract.v1.seeding import NOON, plant_post
from tests.contract.v1.test_writing_posts import FITTING, VIOLATIONS, slug_of

FORBIDDEN = (403, "Insufficient permissions")
NOT_FOUND = (404, "Post not found")
SLUG_TAKEN = (409, "Slug already in use")
EDITORS = [Role.EDITOR, Role.ADMIN, Role.SUPER_ADMIN]
FULL: dict[str, Any] = {
    "excerpt": "Short",
    "tags": ["a", "b"],
    "category": "C",
    "featured_image": "https://example.org/x",
    "meta_title": "M",
    "meta_description": "D",
}


@pytest.fixture
async def author(people: People) -> Person:
    return await people.a(Role.AUTHOR)


async def version_of(pool: asyncpg.Pool, post: dict[str, Any]) -> int:
    return int(await pool.fetchval("SELECT version FROM posts WHERE id = $1", post["id"]))


async def test_what_is_not_sent_stays(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote("Before", **FULL, published=True)

    changed = data(await author.put(f"/posts/{post['id']}", title=" After "))

    assert changed == {**post, "title": "After", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > post["updated_at"]
    assert data(await author.get(f"/posts/{post['id']}")) == changed
    assert await pool.fetchval("SELECT featured_image FROM posts") == FULL["featured_image"]


async def test_null_leaves_a_member_as_it_is(author: Person) -> None:
    post = await author.wrote(**FULL, published=True)
    names = [*FULL, "title", "content", "slug", "published"]

    changed = data(await author.put(f"/posts/{post['id']}", **dict.fromkeys(names)))

    assert changed == {**post, "updated_at": changed["updated_at"]}


async def test_even_an_empty_change_counts(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote()

    changed = data(await author.put(f"/posts/{post['id']}"))

    assert changed["updated_at"] > post["updated_at"]
    assert await version_of(pool, post) == 2


async def test_empty_text_clears_what_may_be_absent(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote(**FULL)
    names = ("excerpt", "category", "featured_image", "meta_title", "meta_description", "slug")

    changed = data(
        await author.put(f"/posts/{post['id']}", **dict.fromkeys(names, ""), tags=[])
    )

    assert changed["excerpt"] is None
    assert changed["tags"] == []
    assert changed["metadata"] == {
        "meta_title": None,
        "meta_description": None,
        "categories": [],
    }
    assert await pool.fetchval("SELECT featured_image FROM posts") is None
    assert await slug_of(pool, post) == "canaries-sing"


async def test_tags_and_category_are_replaced_whole(author: Person) -> None:
    post = await author.wrote(tags=["a", "b", "c"], category="First")

    changed = data(
        await author.put(f"/posts/{post['id']}", tags=["c", "d", "a"], category="Second")
    )

    assert changed["tags"] == ["c", "d", "a"]
    assert changed["metadata"]["categories"] == ["Second"]


async def test_a_category_replaces_several(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote(category="First")
    await pool.execute(
        """
        WITH second AS (
            INSERT INTO categories (id, name, slug, created_at, updated_at)
            VALUES (gen_random_uuid(), 'Second', 'second', now(), now()) RETURNING id
        )
        INSERT INTO post_categories SELECT $1, id, 1 FROM second
        """,
        post["id"],
    )
    shown = data(await author.get(f"/posts/{post['id']}"))
    assert shown["metadata"]["categories"] == ["First", "Second"]

    changed = data(await author.put(f"/posts/{post['id']}", category="Second"))

    assert changed["metadata"]["categories"] == ["Second"]


async def test_published_publishes_and_keeps_an_earlier_date(author: Person) -> None:
    post = await author.wrote()

    first = data(await author.put(f"/posts/{post['id']}", published=True))
    again = data(await author.put(f"/posts/{post['id']}", published=True))

    assert first["status"] == "published"
    assert first["published_at"] == first["updated_at"]
    assert again["published_at"] == first["published_at"]


async def test_not_published_is_a_draft_without_a_date(author: Person) -> None:
    post = await author.wrote(published=True)

    changed = data(await author.put(f"/posts/{post['id']}", published=False))

    assert changed["status"] == "draft"
    assert changed["published_at"] is None


async def test_a_new_title_does_not_change_the_slug(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote("Before")

    data(await author.put(f"/posts/{post['id']}", title="After"))

    assert await slug_of(pool, post) == "before"


async def test_a_former_slug_goes_on_leading_to_the_post(
    author: Person, pool: asyncpg.Pool
) -> None:
    post, other = await author.wrote("Before"), await author.wrote("Other")

    data(await author.put(f"/posts/{post['id']}", slug="After!"))

    assert await slug_of(pool, post) == "after"
    leading = await pool.fetch("SELECT slug FROM slugs WHERE post_id = $1", post["id"])
    assert {row["slug"] for row in leading} == {"before", "after"}
    assert refusal(await author.put(f"/posts/{other['id']}", slug="before")) == SLUG_TAKEN
    data(await author.put(f"/posts/{post['id']}", slug="before"))
    assert await slug_of(pool, post) == "before"


async def test_a_slug_of_another_post_is_refused(author: Person, pool: asyncpg.Pool) -> None:
    post, gone = await author.wrote("Post"), await author.wrote("Gone")
    await author.wrote("Other")
    data(await author.delete(f"/posts/{gone['id']}"))

    for slug in ("other", "Gone"):
        answer = await author.put(f"/posts/{post['id']}", slug=slug, title="Not stored")

        assert refusal(answer) == SLUG_TAKEN
    assert data(await author.get(f"/posts/{post['id']}"))["title"] == "Post"
    assert await version_of(pool, post) == 1


@pytest.mark.parametrize(("problem", "values"), VIOLATIONS, ids=[p[1] for p, _ in VIOLATIONS])
async def test_updates_break_the_same_rules(
    author: Person, problem: tuple[str, str], values: list[Any]
) -> None:
    post = await author.wrote()
    for value in values:
        if value is not None:
            answer = await author.put(f"/posts/{post['id']}", **{problem[0]: value})

            assert problems(answer) == [problem], value


@pytest.mark.parametrize("member", FITTING)
async def test_updates_take_what_just_fits(author: Person, member: str) -> None:
    post = await author.wrote()
    for value in FITTING[member]:
        answer = await author.put(f"/posts/{post['id']}", **{member: value})

        assert answer.status_code == 200, (value, answer.text)


@pytest.mark.parametrize("role", EDITORS)
async def test_editors_and_up_change_and_publish_what_others_wrote(
    people: People, author: Person, role: Role
) -> None:
    editor, post = await people.a(role), await author.wrote()

    assert data(await editor.put(f"/posts/{post['id']}", title="Edited"))["title"] == "Edited"
    published = data(await editor.post(f"/posts/{post['id']}/publish"))
    assert published["status"] == "published"
    assert published["author_id"] == str(author.id)


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.CONTRIBUTOR])
async def test_others_posts_are_not_theirs_to_change(
    people: People, author: Person, role: Role
) -> None:
    other = await people.a(role)
    draft, post = await author.wrote(), await author.wrote(published=True)

    assert refusal(await other.put(f"/posts/{draft['id']}", title="X")) == NOT_FOUND
    assert refusal(await other.delete(f"/posts/{draft['id']}")) == NOT_FOUND
    assert refusal(await other.put(f"/posts/{post['id']}", title="X")) == FORBIDDEN
    assert refusal(await other.delete(f"/posts/{post['id']}")) == FORBIDDEN


async def test_authors_do_not_publish_for_others(people: People, author: Person) -> None:
    other, draft = await people.a(Role.AUTHOR), await author.wrote()
    post = await author.wrote(published=True)

    assert refusal(await other.post(f"/posts/{draft['id']}/publish")) == NOT_FOUND
    assert refusal(await other.post(f"/posts/{post['id']}/publish")) == FORBIDDEN


async def test_a_contributor_changes_and_deletes_their_own_drafts(people: People) -> None:
    contributor = await people.a(Role.CONTRIBUTOR)
    post = await contributor.wrote()
    path = f"/posts/{post['id']}"

    assert data(await contributor.put(path, title="B", published=False))["title"] == "B"
    assert refusal(await contributor.put(path, published=True)) == FORBIDDEN
    assert refusal(await contributor.post(f"{path}/publish")) == FORBIDDEN
    assert data(await contributor.delete(path))


async def test_who_became_a_subscriber_changes_nothing_any_more(
    author: Person, pool: asyncpg.Pool
) -> None:
    post = await author.wrote(published=True)
    await pool.execute("UPDATE users SET role = 'subscriber' WHERE id = $1", author.id)

    path = f"/posts/{post['id']}"
    assert refusal(await author.put(path, title="X")) == FORBIDDEN
    assert refusal(await author.delete(path)) == FORBIDDEN
    assert refusal(await author.post(f"{path}/publish")) == FORBIDDEN
    assert data(await author.get(path)) == post


async def test_publishing_works_from_any_state(author: Person, pool: asyncpg.Pool) -> None:
    states: list[dict[str, Any]] = [
        {"status": "draft"},
        {"status": "published", "published_at": NOON},
        {"status": "archived", "published_at": NOON},
        {"status": "archived"},
        {"status": "scheduled", "scheduled_at": NOON},
    ]
    for state in states:
        post_id = await plant_post(pool, author.id, **state)

        post = data(await author.post(f"/posts/{post_id}/publish"))

        assert post["status"] == "published"
        kept = state.get("published_at")
        expected = "2030-01-01T12:00:00.000000Z" if kept else post["updated_at"]
        assert post["published_at"] == expected


async def test_publishing_needs_no_body_and_ignores_one(author: Person) -> None:
    post = await author.wrote()

    answer = await author.send("POST", f"/posts/{post['id']}/publish", content=b"{")

    assert data(answer)["status"] == "published"


async def test_publishing_counts_as_a_change(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote()

    published = data(await author.post(f"/posts/{post['id']}/publish"))

    assert published["updated_at"] > post["updated_at"]
    assert await version_of(pool, post) == 2


async def test_a_deleted_post_is_gone(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote(published=True, tags=["t"])
    path = f"/posts/{post['id']}"

    answer = await author.delete(path)

    assert data(answer) == {"message": "Post deleted successfully"}
    assert refusal(await author.get(path)) == NOT_FOUND
    assert refusal(await author.put(path, title="X")) == NOT_FOUND
    assert refusal(await author.delete(path)) == NOT_FOUND
    assert refusal(await author.post(f"{path}/publish")) == NOT_FOUND
    assert data(await author.get("/posts"))["items"] == []
    assert data(await author.get("/posts/tag/t"))["total"] == 0
    (row,) = await pool.fetch("SELECT deleted_at, updated_at, version FROM posts")
    assert row["deleted_at"] == row["updated_at"] > datetime.fromisoformat(post["updated_at"])
    assert row["version"] == 2


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPER_ADMIN])
async def test_administrators_delete_what_others_wrote(
    people: People, author: Person, role: Role
) -> None:
    administrator, post = await people.a(role), await author.wrote()

    assert data(await administrator.delete(f"/posts/{post['id']}"))


async def test_editors_delete_only_their_own(people: People, author: Person) -> None:
    editor = await people.a(Role.EDITOR)
    others, own = await author.wrote(), await editor.wrote()

    assert refusal(await editor.delete(f"/posts/{others['id']}")) == FORBIDDEN
    assert data(await editor.delete(f"/posts/{own['id']}"))


async def test_of_concurrent_writers_all_succeed_and_one_is_last(
    author: Person, pool: asyncpg.Pool
) -> None:
    post = await author.wrote()
    titles = [f"Title {number}" for number in range(4)]

    answers = await asyncio.gather(
        *(author.put(f"/posts/{post['id']}", title=title) for title in titles)
    )

    assert [data(answer)["title"] for answer in answers] == titles
    assert data(await author.get(f"/posts/{post['id']}"))["title"] in titles
    assert await version_of(pool, post) == 5


async def test_concurrent_writers_lose_none_of_each_others_members(author: Person) -> None:
    post = await author.wrote()
    path = f"/posts/{post['id']}"

    await asyncio.gather(
        author.put(path, title="T"), author.put(path, excerpt="E"), author.put(path, tags=["x"])
    )

    changed = data(await author.get(path))
    assert (changed["title"], changed["excerpt"], changed["tags"]) == ("T", "E", ["x"])


async def test_times_are_now(author: Person) -> None:
    before = datetime.now(UTC)
    post = await author.wrote(published=True)
    after = datetime.now(UTC)

    assert before <= datetime.fromisoformat(post["created_at"]) <= after
