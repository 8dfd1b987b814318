"""POST /posts: who may, what is stored, and what is refused in which words."""

from typing import Any

import asyncpg
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, problems, refusal
from tests.contract.v1.seeding import plant_post

FORBIDDEN = (403, "Insufficient permissions")
SLUG_TAKEN = (409, "Slug already in use")
WRITERS = [Role.CONTRIBUTOR, Role.AUTHOR, Role.EDITOR, Role.ADMIN, Role.SUPER_ADMIN]


@pytest.fixture
async def author(people: People) -> Person:
    return await people.a(Role.AUTHOR)


async def slug_of(pool: asyncpg.Pool, post: dict[str, Any]) -> str:
    return str(await pool.fetchval("SELECT slug FROM posts WHERE id = $1", post["id"]))


async def test_a_post_has_the_contracts_members_in_their_order(author: Person) -> None:
    post = data(await author.post("/posts", title="A", content="B"), 201)

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
    assert list(post["metadata"]) == ["meta_title", "meta_description", "categories"]


async def test_what_is_not_sent_is_null_or_empty(author: Person) -> None:
    post = data(await author.post("/posts", title=" A title ", content=" B\n"), 201)

    assert post["title"] == "A title"
    assert post["content"] == " B\n"
    assert post["status"] == "draft"
    assert post["author_id"] == str(author.id)
    assert post["excerpt"] is None
    assert post["tags"] == []
    assert post["metadata"] == {"meta_title": None, "meta_description": None, "categories": []}
    assert post["published_at"] is None
    assert post["created_at"] == post["updated_at"]


async def test_everything_sent_comes_back(author: Person, pool: asyncpg.Pool) -> None:
    sent = {
        "title": "金糸雀が歌う",
        "content": "本文 🐤",
        "excerpt": "抜粋",
        "published": True,
        "tags": ["鳥", "Music"],
        "category": "Birds",
        "featured_image": "https://example.org/canary.jpg",
        "meta_title": "Canaries",
        "meta_description": "About canaries",
    }

    post = data(await author.post("/posts", **sent), 201)

    assert post["title"] == sent["title"]
    assert post["content"] == sent["content"]
    assert post["excerpt"] == sent["excerpt"]
    assert post["status"] == "published"
    assert post["published_at"] == post["created_at"]
    assert post["tags"] == ["鳥", "Music"]
    assert post["metadata"] == {
        "meta_title": "Canaries",
        "meta_description": "About canaries",
        "categories": ["Birds"],
    }
    assert data(await author.get(f"/posts/{post['id']}")) == post
    image = await pool.fetchval("SELECT featured_image FROM posts WHERE id = $1", post["id"])
    assert image == sent["featured_image"]


async def test_empty_text_is_no_text(author: Person) -> None:
    names = ("excerpt", "featured_image", "meta_title", "meta_description", "category", "slug")

    post = await author.wrote(**dict.fromkeys(names, ""))

    assert post["excerpt"] is None
    assert post["metadata"] == {"meta_title": None, "meta_description": None, "categories": []}


async def test_null_is_as_good_as_absent(author: Person) -> None:
    post = await author.wrote(**dict.fromkeys(FITTING.keys() - {"title", "content"}))

    assert post["status"] == "draft"
    assert post["tags"] == []


@pytest.mark.parametrize("role", WRITERS)
async def test_contributors_and_up_may_write_drafts(people: People, role: Role) -> None:
    post = await (await people.a(role)).wrote(published=False)

    assert post["status"] == "draft"


async def test_subscribers_may_not_write(people: People) -> None:
    subscriber = await people.a(Role.SUBSCRIBER)

    answer = await subscriber.post("/posts", title="A", content="B")

    assert refusal(answer) == FORBIDDEN


async def test_a_contributor_may_not_publish(people: People) -> None:
    contributor = await people.a(Role.CONTRIBUTOR)

    answer = await contributor.post("/posts", title="A", content="B", published=True)

    assert refusal(answer) == FORBIDDEN


@pytest.mark.parametrize("role", WRITERS[1:])
async def test_authors_and_up_may_publish_at_once(people: People, role: Role) -> None:
    post = await (await people.a(role)).wrote(published=True)

    assert post["status"] == "published"


TITLE = ("title", "Title must be between 1 and 255 characters")
CONTENT = ("content", "Content cannot be empty")
CONTENT_SIZE = ("content", "Content must be less than 2097152 bytes")
EXCERPT = ("excerpt", "Excerpt must be less than 500 characters")
SLUG = ("slug", "Slug must be less than 255 characters")
SLUG_EMPTY = ("slug", "Slug must contain letters or digits")
TOO_MANY = ("tags", "Too many tags")
TAG = ("tags", "Tag must be between 1 and 50 characters")
CATEGORY = ("category", "Category name too long")
IMAGE = ("featured_image", "Featured image must be a valid URL")
META_TITLE = ("meta_title", "Meta title must be less than 60 characters")
META_DESCRIPTION = (
    "meta_description",
    "Meta description must be less than 160 characters",
)

VIOLATIONS: list[tuple[tuple[str, str], list[Any]]] = [
    (TITLE, ["", "  \n\t", "x" * 256, None]),
    (CONTENT, ["", " ", "\n \t\u3000", None]),
    (CONTENT_SIZE, ["x" * 2_097_153, "金" * 699_051]),
    (EXCERPT, ["x" * 501, "金" * 501]),
    (SLUG, ["x" * 256]),
    (SLUG_EMPTY, ["!", "---", "   ", "_", "🐤", "___", "'\""]),
    (TOO_MANY, [[f"tag {n}" for n in range(21)], ["same"] * 21]),
    (TAG, [["x" * 51], [""], ["fine", "  "], ["\u3000"], ["\ufb03" * 17]]),
    (CATEGORY, ["x" * 101, "\ufb03" * 34]),
    (
        IMAGE,
        [
            "x",
            "/image.png",
            "//example.org/image.png",
            "ftp://example.org/x",
            "https://",
            "https:///x",
            "https://[::1",
            "javascript:alert(1)",
            "data:image/png;base64,AA",
            "https://example.org/a b",
            " https://example.org",
            "https://example.org/" + "x" * 2029,
        ],
    ),
    (META_TITLE, ["x" * 61]),
    (META_DESCRIPTION, ["x" * 161]),
]


@pytest.mark.parametrize(("problem", "values"), VIOLATIONS, ids=[p[1] for p, _ in VIOLATIONS])
async def test_what_breaks_a_rule_is_refused_in_the_contracts_words(
    author: Person, problem: tuple[str, str], values: list[Any]
) -> None:
    for value in values:
        sent = {"title": "A", "content": "B", problem[0]: value}

        assert problems(await author.post("/posts", **sent)) == [problem], value


FITTING: dict[str, list[Any]] = {
    "title": ["x", "x" * 255, " " + "x" * 255 + " ", "金" * 255, "🐤" * 255, "!!!"],
    "content": ["x", "x" * 2_097_152],
    "excerpt": ["x" * 500, "🐤" * 500],
    "slug": ["x" * 255, "_x", "  a  "],
    "tags": [[f"tag {n}" for n in range(20)], ["x" * 50], ["  x  "], ["!"], ["++", "--"]],
    "category": ["x" * 100, " x ", "!!!", "  "],
    "featured_image": [
        "http://example.org",
        "https://example.org/" + "x" * 2028,
        "HTTPS://EXAMPLE.ORG/X",
        "https://user:pw@example.org:8080/a?b=c#d",
        "https://例え.jp/画像.png",
        "http://localhost/x",
        "http://[::1]/x",
    ],
    "meta_title": ["x" * 60],
    "meta_description": ["x" * 160],
}


@pytest.mark.parametrize("member", FITTING)
async def test_what_just_fits_is_taken(author: Person, member: str) -> None:
    for value in FITTING[member]:
        answer = await author.post("/posts", **{"title": "A", "content": "B", member: value})

        assert answer.status_code == 201, (value, answer.text)


async def test_every_violation_is_listed_once_in_the_contracts_order(author: Person) -> None:
    answer = await author.post(
        "/posts",
        meta_description="x" * 161,
        meta_title="x" * 61,
        featured_image="x",
        category="x" * 101,
        tags=["x" * 51, "", "y" * 51],
        slug="x" * 256,
        excerpt="x" * 501,
        content=" ",
        title="",
    )

    assert problems(answer) == [
        TITLE,
        CONTENT,
        EXCERPT,
        SLUG,
        TAG,
        CATEGORY,
        IMAGE,
        META_TITLE,
        META_DESCRIPTION,
    ]


SLUGS = {
    "Hello, World": "hello-world",
    "  Trim -- me!  ": "trim-me",
    "snake_case stays": "snake_case-stays",
    "\uff26ull\u3000\uff37idth": "full-width",
    "金糸雀が歌う": "金糸雀が歌う",
    "Ünïcödé ÄÖ": "ünïcödé-äö",
    "हिन्दी में": "हिन्दी-में",
    "C++ & C#": "c-c",
    "x" * 100: "x" * 80,
    "🐤": "post",
    "--": "post",
}


async def test_the_slug_comes_from_the_title(author: Person, pool: asyncpg.Pool) -> None:
    made = {title: await slug_of(pool, await author.wrote(title)) for title in list(SLUGS)[:-1]}

    assert made == dict(list(SLUGS.items())[:-1])


async def test_a_slug_from_a_title_is_made_unique(author: Person, pool: asyncpg.Pool) -> None:
    titles = ["One", "one!", "ONE", "🐤", "🐦", "x" * 90, "x" * 91]

    made = [await slug_of(pool, await author.wrote(title)) for title in titles]

    assert made == ["one", "one-2", "one-3", "post", "post-2", "x" * 80, "x" * 78 + "-2"]


async def test_a_given_slug_follows_the_same_rule(author: Person, pool: asyncpg.Pool) -> None:
    post = await author.wrote("Title", slug="  My OWN/slug ")

    assert await slug_of(pool, post) == "my-own-slug"


async def test_a_given_slug_must_be_free(author: Person, pool: asyncpg.Pool) -> None:
    await author.wrote("Taken", slug="taken")
    moved = await author.wrote("Moved", slug="former")
    data(await author.put(f"/posts/{moved['id']}", slug="current"))
    deleted = await author.wrote("Deleted", slug="deleted")
    data(await author.delete(f"/posts/{deleted['id']}"))

    for slug in ("taken", "TAKEN!", "former", "current", "deleted"):
        answer = await author.post("/posts", title="A", content="B", slug=slug)

        assert refusal(answer) == SLUG_TAKEN, slug


async def test_titles_avoid_slugs_of_deleted_posts(author: Person, pool: asyncpg.Pool) -> None:
    first = await author.wrote("Same")
    data(await author.delete(f"/posts/{first['id']}"))

    assert await slug_of(pool, await author.wrote("Same")) == "same-2"


async def test_titles_avoid_former_addresses_of_imports(
    author: Person, pool: asyncpg.Pool
) -> None:
    await plant_post(pool, author.id, slug="imported")

    assert await slug_of(pool, await author.wrote("Imported")) == "imported-2"


async def test_tags_are_cleaned_and_told_apart_by_their_key(author: Person) -> None:
    first = await author.wrote(tags=["  Birds ", "birds", "\uff22IRDS", "Music", "BIRDS"])
    second = await author.wrote(tags=["music", "birds", "New"])

    assert first["tags"] == ["Birds", "Music"]
    assert second["tags"] == ["Music", "Birds", "New"]


async def test_tags_get_slugs_of_their_own(author: Person, pool: asyncpg.Pool) -> None:
    await author.wrote(tags=["C", "C++", "C#", "++", "--", "金糸雀"])

    rows = await pool.fetch("SELECT name, slug FROM tags")

    slugs = {row["name"]: row["slug"] for row in rows}
    assert {slugs["C"], slugs["C++"], slugs["C#"]} == {"c", "c-2", "c-3"}
    assert {slugs["++"], slugs["--"]} == {"tag", "tag-2"}
    assert slugs["金糸雀"] == "金糸雀"


async def test_a_category_is_found_by_the_slug_of_its_name(
    author: Person, pool: asyncpg.Pool
) -> None:
    first = await author.wrote(category="Song Birds")
    second = await author.wrote(category="song  BIRDS!")

    assert first["metadata"]["categories"] == ["Song Birds"]
    assert second["metadata"]["categories"] == ["Song Birds"]
    rows = await pool.fetch("SELECT slug, parent_id FROM categories")
    assert [tuple(row) for row in rows] == [("song-birds", None)]


async def test_a_category_without_a_letter_is_still_one(
    author: Person, pool: asyncpg.Pool
) -> None:
    post = await author.wrote(category=" +++ ")

    assert post["metadata"]["categories"] == ["+++"]
    assert await pool.fetchval("SELECT slug FROM categories") == "category"
