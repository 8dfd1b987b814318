"""/admin/posts: what editors see and write, and administrators delete."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, problems, refusal
from tests.contract.v1.seeding import NOON, plant_post

FORBIDDEN = (403, "Insufficient permissions")
NOT_FOUND = (404, "Post not found")
DELETED = {"message": "Post deleted successfully"}
NO_TITLE = ("title", "Title must be between 1 and 255 characters")
NO_CONTENT = ("content", "Content cannot be empty")
SUMMARY = ["id", "title", "author_id", "status", "created_at"]
EDITORS = (Role.SUPER_ADMIN, Role.ADMIN, Role.EDITOR)
OTHERS = (Role.AUTHOR, Role.CONTRIBUTOR, Role.SUBSCRIBER)


@pytest.fixture
async def editor(people: People) -> Person:
    return await people.a(Role.EDITOR)


@pytest.fixture
async def admin(people: People) -> Person:
    return await people.a(Role.ADMIN)


async def test_editors_see_posts_of_all_in_every_state(
    people: People, pool: asyncpg.Pool
) -> None:
    author = await people.a(Role.CONTRIBUTOR)
    planted: list[tuple[str, dict[str, Any], str]] = [
        ("Published", {"published_at": NOON}, "published"),
        ("Draft", {"status": "draft"}, "draft"),
        ("Archived", {"status": "archived", "published_at": NOON}, "archived"),
        ("Never out", {"status": "archived"}, "archived"),
        ("Scheduled", {"status": "scheduled", "scheduled_at": NOON}, "draft"),
        ("頁", {"type": "page", "locale": "ja"}, "published"),
    ]
    expected = []
    for minutes, (title, columns, shown) in enumerate(planted):
        at = NOON - timedelta(minutes=minutes)
        post_id = await plant_post(pool, author.id, title=title, created_at=at, **columns)
        expected.append(
            {
                "id": str(post_id),
                "title": title,
                "author_id": str(author.id),
                "status": shown,
                "created_at": f"2030-01-01T{'12:00' if not minutes else f'11:{60 - minutes}'}"
                ":00.000000Z",
            }
        )
    await plant_post(pool, author.id, title="Deleted", deleted_at=NOON)

    for role in EDITORS:
        summaries = data(await (await people.a(role)).get("/admin/posts"))

        assert summaries == expected
        assert [list(summary) for summary in summaries] == [SUMMARY] * len(expected)


@pytest.mark.parametrize("role", OTHERS)
async def test_nobody_else_sees_or_writes_here(
    people: People, pool: asyncpg.Pool, role: Role
) -> None:
    person = await people.a(role)
    own = await plant_post(pool, person.id)

    assert refusal(await person.get("/admin/posts")) == FORBIDDEN
    assert refusal(await person.post("/admin/posts", title="t", content="c")) == FORBIDDEN
    for post_id in (own, uuid4()):
        assert refusal(await person.delete(f"/admin/posts/{post_id}")) == FORBIDDEN
    assert await pool.fetchval("SELECT count(*) FROM posts WHERE deleted_at IS NULL") == 1


async def test_the_newest_hundred_are_shown(editor: Person, pool: asyncpg.Pool) -> None:
    ids: list[UUID] = []
    for number in range(103):
        at = NOON + timedelta(minutes=number // 4)  # posts of one moment come by id
        ids.append(await plant_post(pool, editor.id, created_at=at, updated_at=NOON))

    shown = data(await editor.get("/admin/posts?page=2&limit=3&sort=title&status=draft"))

    assert [summary["id"] for summary in shown] == [str(post_id) for post_id in ids[:2:-1]]


async def test_where_nothing_is_nothing_is_shown(editor: Person) -> None:
    assert data(await editor.get("/admin/posts")) == []


async def test_an_editor_writes_a_draft(editor: Person) -> None:
    summary = data(await editor.post("/admin/posts", title=" 金糸雀 ", content="c"), 201)

    assert list(summary) == SUMMARY
    assert (summary["title"], summary["status"]) == ("金糸雀", "draft")
    assert summary["author_id"] == str(editor.id)
    post = data(await editor.get(f"/posts/{summary['id']}"))
    assert {name: post[name] for name in SUMMARY} == summary
    assert (post["content"], post["published_at"], post["tags"]) == ("c", None, [])
    assert data(await editor.get("/admin/posts")) == [summary]


async def test_an_editor_publishes_at_once(editor: Person, pool: asyncpg.Pool) -> None:
    for published, status in ((True, "published"), (False, "draft"), (None, "draft")):
        body = {"title": "Same", "content": "c", "published": published}
        assert data(await editor.post("/admin/posts", **body), 201)["status"] == status
    slugs = await pool.fetch("SELECT slug FROM posts ORDER BY created_at")
    assert [row["slug"] for row in slugs] == ["same", "same-2", "same-3"]


async def test_only_what_the_contract_names_is_taken(editor: Person, people: People) -> None:
    other = await people.a()
    unknown = {"author_id": str(other.id), "slug": 5, "tags": "x", "excerpt": [], "status": "x"}

    summary = data(await editor.post("/admin/posts", title="t", content="c", **unknown), 201)

    assert summary["author_id"] == str(editor.id)
    post = data(await editor.get(f"/posts/{summary['id']}"))
    assert (post["tags"], post["excerpt"], post["status"]) == ([], None, "draft")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [NO_TITLE, NO_CONTENT]),
        ({"title": None, "content": None, "published": None}, [NO_TITLE, NO_CONTENT]),
        ({"content": " \n", "title": "  "}, [NO_TITLE, NO_CONTENT]),
        ({"title": "x" * 256, "content": "c"}, [NO_TITLE]),
        ({"title": "t", "content": "\u3000"}, [NO_CONTENT]),
        (
            {"title": "t", "content": "é" * 1024 * 1024 + "x"},
            [("content", "Content must be less than 2097152 bytes")],
        ),
    ],
    ids=["absent", "null", "blank", "long title", "blank content", "long content"],
)
async def test_what_is_refused_is_named_before_who_may_write(
    people: People, editor: Person, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    for person in (editor, await people.a(Role.SUBSCRIBER)):
        assert problems(await person.post("/admin/posts", **body)) == expected


async def test_of_several_wrong_types_the_contracts_first_is_named(editor: Person) -> None:
    answer = await editor.post("/admin/posts", published=1, content=1, title="")

    assert refusal(answer) == (400, "Invalid type for field: content")


async def test_an_administrator_deletes_what_others_wrote(
    people: People, admin: Person, pool: asyncpg.Pool
) -> None:
    author, root = await people.a(), await people.a(Role.SUPER_ADMIN)
    posts = [await author.wrote(published=True) for _ in range(2)]

    for person, post in zip((admin, root), posts, strict=True):
        path = f"/admin/posts/{post['id']}"
        assert data(await person.delete(path)) == DELETED
        assert refusal(await person.delete(path)) == NOT_FOUND
        assert refusal(await author.get(f"/posts/{post['id']}")) == NOT_FOUND
    assert data(await admin.get("/admin/posts")) == []
    # Contract v2 can restore them.
    rows = await pool.fetch("SELECT version, deleted_at IS NULL AS live FROM posts")
    assert [(row["version"], row["live"]) for row in rows] == [(2, False)] * 2


async def test_an_editor_deletes_nothing_here(
    editor: Person, people: People, pool: asyncpg.Pool
) -> None:
    own, others = await editor.wrote(), await (await people.a()).wrote()

    for post_id in (own["id"], others["id"], uuid4()):
        assert refusal(await editor.delete(f"/admin/posts/{post_id}")) == FORBIDDEN
    assert await pool.fetchval("SELECT count(*) FROM posts WHERE deleted_at IS NULL") == 2


async def test_what_is_not_there_is_not_deleted(admin: Person, pool: asyncpg.Pool) -> None:
    deleted = await plant_post(pool, admin.id, deleted_at=NOON)

    for post_id in (deleted, uuid4()):
        assert refusal(await admin.delete(f"/admin/posts/{post_id}")) == NOT_FOUND


async def test_an_id_must_be_one(people: People) -> None:
    subscriber = await people.a(Role.SUBSCRIBER)

    for post_id in ("1", "newest", uuid4().hex):
        answer = await subscriber.delete(f"/admin/posts/{post_id}")
        assert refusal(answer) == (400, "Invalid id")
