"""Writing posts: what each role may do, and what becomes of titles, slugs, tags and dates."""

from typing import Any
from uuid import uuid4

import pytest

from tests.legacy.engine import Engine

FORBIDDEN = (403, "Insufficient permissions")
NOT_FOUND = (404, "Post not found")
SLUG_TAKEN = (409, "Slug already in use")


async def slug_of(engine: Engine, post: dict[str, Any]) -> str:
    (row,) = await engine.execute("SELECT slug FROM posts WHERE id = $1", post["id"])
    slug: str = row["slug"]
    return slug


async def version_of(engine: Engine, post: dict[str, Any]) -> int:
    (row,) = await engine.execute("SELECT version FROM posts WHERE id = $1", post["id"])
    version: int = row["version"]
    return version


async def usage(engine: Engine) -> dict[str, int]:
    rows = await engine.execute("SELECT name, usage_count FROM tags")
    return {row["name"]: row["usage_count"] for row in rows}


async def test_a_new_post_is_a_draft_of_its_writer(engine: Engine) -> None:
    author = await engine.person()

    answer = await engine.call("POST", "/posts", author, {"title": " T ", "content": "c"})

    assert answer.status_code == 201
    post = answer.json()["data"]
    assert list(post) == [
        "id",
        "title",
        "content",
        "excerpt",
        "status",
        "author_id",
        "tags",
        "metadata",
        "created_at",
        "updated_at",
        "published_at",
    ]
    assert (post["title"], post["status"], post["author_id"]) == ("T", "draft", str(author.id))
    assert post["metadata"] == {"meta_title": None, "meta_description": None, "categories": []}
    assert post["tags"] == []
    assert post["excerpt"] is None
    assert post["published_at"] is None
    assert post["created_at"] == post["updated_at"]
    assert await engine.data("GET", f"/posts/{post['id']}", author) == post


async def test_every_member_is_stored(engine: Engine) -> None:
    author = await engine.person()

    post = await engine.post(
        author,
        excerpt="short",
        slug="My Slug",
        published=True,
        tags=["B", "a", " b "],
        category=" News & more ",
        featured_image="https://example.com/i.png",
        meta_title="mt",
        meta_description="md",
    )

    assert post["excerpt"] == "short"
    assert post["status"] == "published"
    assert post["published_at"] == post["created_at"]
    assert post["tags"] == ["B", "a"]
    assert post["metadata"] == {
        "meta_title": "mt",
        "meta_description": "md",
        "categories": ["News & more"],
    }
    assert await slug_of(engine, post) == "my-slug"
    assert await engine.data("GET", f"/posts/{post['id']}", author) == post
    (row,) = await engine.execute("SELECT featured_image, version FROM posts")
    assert (row["featured_image"], row["version"]) == ("https://example.com/i.png", 1)


async def test_empty_text_is_none_where_a_member_may_be_missing(engine: Engine) -> None:
    author = await engine.person()
    empty = dict.fromkeys(
        ["excerpt", "slug", "category", "featured_image", "meta_title", "meta_description"], ""
    )
    post = await engine.post(author, **empty)

    assert post["excerpt"] is None
    assert post["metadata"] == {"meta_title": None, "meta_description": None, "categories": []}
    assert await slug_of(engine, post) == "a-title"


async def test_an_update_changes_only_what_is_sent(engine: Engine) -> None:
    author = await engine.person()
    before = await engine.post(
        author, excerpt="e", tags=["a"], category="News", meta_title="m", published=True
    )
    path = f"/posts/{before['id']}"

    unchanged = await engine.data("PUT", path, author, {"title": None, "unknown": 1})
    assert unchanged == {**before, "updated_at": unchanged["updated_at"]}
    assert unchanged["updated_at"] > before["updated_at"]
    assert await version_of(engine, before) == 2

    changed = await engine.data("PUT", path, author, {"title": "Other", "excerpt": ""})
    assert (changed["title"], changed["excerpt"]) == ("Other", None)
    assert changed["tags"] == ["a"]
    assert changed["metadata"] == before["metadata"]
    assert await slug_of(engine, before) == "a-title"
    assert await version_of(engine, before) == 3
    assert await engine.data("GET", path, author) == changed


async def test_tags_and_category_are_replaced_when_sent(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author, tags=["a", "b", "c"], category="News")
    path = f"/posts/{post['id']}"

    changed = await engine.data("PUT", path, author, {"tags": ["d", "C"], "category": "Views"})
    assert changed["tags"] == ["d", "c"]
    assert changed["metadata"]["categories"] == ["Views"]
    assert await engine.data("GET", path, author) == changed

    cleared = await engine.data("PUT", path, author, {"tags": [], "category": " "})
    assert cleared["tags"] == []
    assert cleared["metadata"]["categories"] == []
    assert await engine.data("GET", path, author) == cleared


async def test_a_category_is_found_by_its_slug(engine: Engine) -> None:
    author = await engine.person()
    await engine.post(author, category="Tech News")

    post = await engine.post(author, category="tech news!")

    assert post["metadata"]["categories"] == ["Tech News"]
    assert len(await engine.execute("SELECT FROM categories")) == 1


async def test_tags_are_made_with_slugs_of_their_own(engine: Engine) -> None:
    author = await engine.person()

    await engine.post(author, tags=["C++", "C", "C#", "++", "日本"])

    rows = await engine.execute("SELECT name, slug FROM tags ORDER BY slug")
    assert {row["name"]: row["slug"] for row in rows} == {
        "C": "c",
        "C#": "c-2",
        "C++": "c-3",
        "++": "tag",
        "日本": "日本",
    }


async def test_usage_counts_published_posts_through_every_change(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author, tags=["a", "b"])
    path = f"/posts/{post['id']}"
    assert await usage(engine) == {"a": 0, "b": 0}

    await engine.data("POST", f"{path}/publish", author)
    assert await usage(engine) == {"a": 1, "b": 1}
    await engine.data("PUT", path, author, {"tags": ["b", "c"]})
    assert await usage(engine) == {"a": 0, "b": 1, "c": 1}
    await engine.data("PUT", path, author, {"tags": ["a"], "published": False})
    assert await usage(engine) == {"a": 0, "b": 0, "c": 0}
    await engine.data("PUT", path, author, {"tags": ["a", "c"], "published": True})
    assert await usage(engine) == {"a": 1, "b": 0, "c": 1}
    await engine.data("DELETE", path, author)
    assert await usage(engine) == {"a": 0, "b": 0, "c": 0}


async def test_publishing_keeps_the_first_date_and_withdrawing_drops_it(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author)
    path = f"/posts/{post['id']}"

    published = await engine.data("POST", f"{path}/publish", author)
    assert published["status"] == "published"
    assert published["published_at"] == published["updated_at"]
    again = await engine.data("PUT", path, author, {"published": True})
    assert again["published_at"] == published["published_at"]
    draft = await engine.data("PUT", path, author, {"published": False})
    assert (draft["status"], draft["published_at"]) == ("draft", None)
    assert await version_of(engine, post) == 4


async def test_a_scheduled_post_is_a_draft_that_can_be_published(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author)
    await engine.execute("UPDATE posts SET status = 'scheduled', scheduled_at = now()")
    path = f"/posts/{post['id']}"

    assert (await engine.data("GET", path, author))["status"] == "draft"
    assert (await engine.data("POST", f"{path}/publish", author))["status"] == "published"
    (row,) = await engine.execute("SELECT scheduled_at FROM posts")
    assert row["scheduled_at"] is None


async def test_an_archived_post_that_is_published_again_keeps_its_date(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author, published=True)
    await engine.execute("UPDATE posts SET status = 'archived'")

    again = await engine.data("POST", f"/posts/{post['id']}/publish", author)

    assert again["published_at"] == post["published_at"]


async def test_a_deleted_post_is_gone_and_its_slug_stays_taken(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author, slug="mine")
    path = f"/posts/{post['id']}"

    data = await engine.data("DELETE", path, author)

    assert data == {"message": "Post deleted successfully"}
    for method, target in [("GET", path), ("DELETE", path), ("POST", f"{path}/publish")]:
        assert await engine.refusal(method, target, author) == NOT_FOUND
    assert await engine.refusal("PUT", path, author, {"title": "t"}) == NOT_FOUND
    assert (await engine.data("GET", "/posts", author))["total"] == 0
    body = {"title": "t", "content": "c", "slug": "mine"}
    assert await engine.refusal("POST", "/posts", author, body) == SLUG_TAKEN
    (row,) = await engine.execute("SELECT deleted_at, updated_at, version FROM posts")
    assert row["deleted_at"] == row["updated_at"]
    assert row["version"] == 2


async def test_slugs_come_from_titles_and_are_counted_on(engine: Engine) -> None:
    author = await engine.person()

    async def slug(**members: Any) -> str:
        return await slug_of(engine, await engine.post(author, **members))

    assert [await slug(title="Same") for _ in range(3)] == ["same", "same-2", "same-3"]
    assert await slug(title="!!!") == "post"
    assert await slug(title="日本語 題名") == "日本語-題名"
    assert await slug(title="x", slug="s" * 255) == "s" * 80


async def test_many_posts_may_share_a_title(engine: Engine) -> None:
    author = await engine.person()
    other = await engine.post(author, title="Other")
    await engine.execute(
        """
        INSERT INTO slugs (slug, post_id, created_at)
        SELECT 'same' || CASE n WHEN 1 THEN '' ELSE '-' || n END, $1, now()
          FROM generate_series(1, 250) n
        """,
        other["id"],
    )

    with engine.statements() as sent:
        post = await engine.post(author, title="Same")

    assert await slug_of(engine, post) == "same-251"
    assert len(sent) < 10


async def test_a_given_slug_must_be_free_or_ones_own(engine: Engine) -> None:
    author = await engine.person()
    taken = await engine.post(author, slug="taken")
    post = await engine.post(author, slug="first")
    path = f"/posts/{post['id']}"

    await engine.data("PUT", path, author, {"slug": "Second"})
    assert await slug_of(engine, post) == "second"
    assert await engine.refusal("PUT", path, author, {"slug": "taken"}) == SLUG_TAKEN
    await engine.data("PUT", path, author, {"slug": "first"})
    assert await slug_of(engine, post) == "first"
    other = f"/posts/{taken['id']}"
    assert await engine.refusal("PUT", other, author, {"slug": "second"}) == SLUG_TAKEN
    await engine.data("PUT", path, author, {"slug": ""})
    assert await slug_of(engine, post) == "first"
    assert len(await engine.execute("SELECT FROM slugs")) == 3


async def test_a_refused_update_leaves_nothing_behind(engine: Engine) -> None:
    author = await engine.person()
    await engine.post(author, slug="taken")
    post = await engine.post(author)
    path = f"/posts/{post['id']}"

    body = {"title": "New", "slug": "taken", "tags": ["new"], "category": "New"}
    assert await engine.refusal("PUT", path, author, body) == SLUG_TAKEN

    assert await engine.data("GET", path, author) == post
    assert await usage(engine) == {}


@pytest.mark.parametrize(
    ("role", "draft", "published"),
    [
        ("super_admin", 201, 201),
        ("admin", 201, 201),
        ("editor", 201, 201),
        ("author", 201, 201),
        ("contributor", 201, 403),
        ("subscriber", 403, 403),
    ],
)
async def test_who_may_create(engine: Engine, role: str, draft: int, published: int) -> None:
    person = await engine.person(role)

    for flag, status in ((False, draft), (True, published)):
        body = {"title": "t", "content": "c", "published": flag}
        answer = await engine.call("POST", "/posts", person, body)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("role", "status", "edit", "publish", "delete"),
    [
        ("super_admin", "draft", 200, 200, 200),
        ("admin", "draft", 200, 200, 200),
        ("editor", "draft", 200, 200, 403),
        ("author", "draft", 404, 404, 404),
        ("author", "published", 403, 403, 403),
        ("contributor", "draft", 404, 403, 404),
        ("contributor", "published", 403, 403, 403),
        ("subscriber", "draft", 403, 403, 403),
        ("subscriber", "published", 403, 403, 403),
    ],
)
async def test_what_may_be_done_to_the_posts_of_others(
    engine: Engine, role: str, status: str, edit: int, publish: int, delete: int
) -> None:
    post = await engine.post(await engine.person(), published=status == "published")
    person, path = await engine.person(role), f"/posts/{post['id']}"

    assert (await engine.call("PUT", path, person, {"title": "t"})).status_code == edit
    assert (await engine.call("POST", f"{path}/publish", person)).status_code == publish
    assert (await engine.call("DELETE", path, person)).status_code == delete


@pytest.mark.parametrize(
    ("role", "edit", "publish", "delete"),
    [
        ("editor", 200, 200, 200),
        ("author", 200, 200, 200),
        ("contributor", 200, 403, 200),
        ("subscriber", 403, 403, 403),
    ],
)
async def test_what_may_be_done_to_ones_own_posts(
    engine: Engine, role: str, edit: int, publish: int, delete: int
) -> None:
    person = await engine.person()
    path = f"/posts/{(await engine.post(person))['id']}"
    await engine.execute("UPDATE users SET role = $1", role)

    assert (await engine.call("PUT", path, person, {"title": "t"})).status_code == edit
    body = {"published": True}
    assert (await engine.call("PUT", path, person, body)).status_code == publish
    assert (await engine.call("POST", f"{path}/publish", person)).status_code == publish
    assert (await engine.call("DELETE", path, person)).status_code == delete


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived", "published"])
async def test_what_is_not_published_is_for_its_author_and_editors(
    engine: Engine, status: str
) -> None:
    author = await engine.person()
    path = f"/posts/{(await engine.post(author, published=True))['id']}"
    await engine.execute(
        """
        UPDATE posts SET status = $1,
               published_at = CASE WHEN $1 = 'draft' THEN NULL ELSE published_at END,
               scheduled_at = CASE WHEN $1 = 'scheduled' THEN now() END
        """,
        status,
    )
    everybody = status == "published"

    for role in ("author", "contributor", "subscriber"):
        stranger = await engine.person(role)
        got = (await engine.call("GET", path, stranger)).status_code
        assert got == (200 if everybody else 404)
        assert (await engine.data("GET", "/posts", stranger))["total"] == int(everybody)
    for person in (author, await engine.person("editor"), await engine.person("admin")):
        assert (await engine.call("GET", path, person)).status_code == 200
        assert (await engine.data("GET", "/posts", person))["total"] == 1


@pytest.mark.parametrize(
    "post_id",
    [
        "1",
        "nothing",
        "018f4c5e7a0070008000000000000001",
        "{018f4c5e-7a00-7000-8000-000000000001}",
        "%00",
    ],
)
async def test_an_id_is_a_uuid_in_its_canonical_form(engine: Engine, post_id: str) -> None:
    author = await engine.person()

    for method in ("GET", "PUT", "DELETE"):
        assert await engine.refusal(method, f"/posts/{post_id}", author) == (400, "Invalid id")
    assert await engine.refusal("GET", f"/posts/{uuid4()}", author) == NOT_FOUND


async def test_an_id_may_be_written_in_capitals(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author)

    assert await engine.data("GET", f"/posts/{post['id'].upper()}", author) == post


@pytest.mark.parametrize(
    ("members", "field", "text"),
    [
        ({"title": " "}, "title", "Title must be between 1 and 255 characters"),
        ({"title": "t" * 256}, "title", "Title must be between 1 and 255 characters"),
        ({"title": None}, "title", "Title must be between 1 and 255 characters"),
        ({"content": " \n"}, "content", "Content cannot be empty"),
        ({"content": "é" * 1048577}, "content", "Content must be less than 2097152 bytes"),
        ({"excerpt": "e" * 501}, "excerpt", "Excerpt must be less than 500 characters"),
        ({"slug": "s" * 256}, "slug", "Slug must be less than 255 characters"),
        ({"slug": "_-_"}, "slug", "Slug must contain letters or digits"),
        ({"tags": ["t"] * 21}, "tags", "Too many tags"),
        ({"tags": ["a", " "]}, "tags", "Tag must be between 1 and 50 characters"),
        ({"tags": ["t" * 51]}, "tags", "Tag must be between 1 and 50 characters"),
        ({"category": "c" * 101}, "category", "Category name too long"),
        ({"meta_title": "m" * 61}, "meta_title", "Meta title must be less than 60 characters"),
        (
            {"meta_description": "m" * 161},
            "meta_description",
            "Meta description must be less than 160 characters",
        ),
        *(
            ({"featured_image": url}, "featured_image", "Featured image must be a valid URL")
            for url in (
                "x",
                "/i.png",
                "ftp://example.com/i",
                "https://",
                "http:///i.png",
                "http://[::1",
                "https://example.com/a b",
                f"https://example.com/{'i' * 2048}",
            )
        ),
    ],
)
async def test_a_broken_rule_is_named_in_the_words_of_the_contract(
    engine: Engine, members: dict[str, Any], field: str, text: str
) -> None:
    author = await engine.person()

    body = {"title": "t", "content": "c", **members}
    answer = await engine.call("POST", "/posts", author, body)

    assert answer.status_code == 422
    assert answer.json()["validation_errors"] == [{"field": field, "message": text}]


async def test_limits_are_inclusive(engine: Engine) -> None:
    post = await engine.post(
        await engine.person(),
        title="t" * 255,
        content="é" * 1048576,
        excerpt="e" * 500,
        slug="s" * 255,
        tags=[f"{n:050}" for n in range(20)],
        category="c" * 100,
        featured_image=f"https://example.com/{'i' * 2028}",
        meta_title="m" * 60,
        meta_description="m" * 160,
    )

    assert len(post["tags"]) == 20
    assert len(post["content"]) == 1048576
