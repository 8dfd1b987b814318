"""Pages, orders, filters, and how many statements they cost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.legacy.engine import Engine, Person

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


async def filled(engine: Engine, author: Person, count: int = 5) -> list[dict[str, Any]]:
    """Published posts of one minute each, newest last, with terms."""
    posts = [
        await engine.post(
            author, title=f"Post {n}", published=True, tags=["all", f"tag {n}"], category="News"
        )
        for n in range(count)
    ]
    for n, post in enumerate(posts):
        at = NOON + timedelta(minutes=n)
        await engine.execute(
            "UPDATE posts SET created_at = $2, published_at = $2 WHERE id = $1", post["id"], at
        )
    return posts


def titles(page: dict[str, Any]) -> list[str]:
    return [post["title"] for post in page["items"]]


async def test_a_page_says_where_it_is(engine: Engine) -> None:
    author = await engine.person()
    await filled(engine, author)

    page = await engine.data("GET", "/posts?limit=2&page=2", author)

    assert list(page) == ["items", "total", "page", "limit", "total_pages"]
    assert titles(page) == ["Post 2", "Post 1"]
    assert (page["total"], page["page"], page["limit"], page["total_pages"]) == (5, 2, 2, 3)


@pytest.mark.parametrize(
    ("query", "page", "limit"),
    [
        ("", 1, 20),
        ("page=0&limit=0", 1, 20),
        ("limit=101", 1, 100),
        ("page=007", 7, 20),
        ("page=4611686018427387904&limit=100", 2**62, 100),
        ("page=99999999999999999999", 99999999999999999999, 20),
        (f"limit={'9' * 1000}", 1, 100),
        ("page=1&page=3", 3, 20),
        ("unknown=1", 1, 20),
    ],
)
async def test_numbers_are_read_leniently(
    engine: Engine, query: str, page: int, limit: int
) -> None:
    author = await engine.person()
    await engine.post(author)

    for path in ("/posts", "/tags", "/posts/tag/x"):
        found = await engine.data("GET", f"{path}?{query}", author)

        assert (found["page"], found["limit"], found["total_pages"]) == (page, limit, 1)
        assert bool(found["items"]) == (page == 1 and path == "/posts")


@pytest.mark.parametrize("name", ["page", "limit"])
@pytest.mark.parametrize(
    "value", ["", "x", "-1", "1.0", "+1", " 1", "1e3", "\u0661", "9" * 1001]
)
async def test_what_is_no_number_is_refused(engine: Engine, name: str, value: str) -> None:
    author = await engine.person()

    answer = await engine.refusal("GET", "/posts", author, params={name: value})

    assert answer == (400, f"Invalid query parameter: {name}")


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("status=unknown", "status"),
        ("status=", "status"),
        ("status=scheduled", "status"),
        ("author=me", "author"),
        ("author=", "author"),
        ("author=x&status=x&limit=x&page=x", "page"),
        ("author=x&status=x", "status"),
    ],
)
async def test_the_first_unreadable_parameter_is_named(
    engine: Engine, query: str, refused: str
) -> None:
    author = await engine.person()

    for path in ("/posts", "/posts/tag/x"):
        answer = await engine.refusal("GET", f"{path}?{query}", author)
        assert answer == (400, f"Invalid query parameter: {refused}")


async def test_status_filters_in_any_case(engine: Engine) -> None:
    author = await engine.person()
    for status in ("draft", "scheduled", "published", "archived"):
        post = await engine.post(author, title=status)
        await engine.execute(
            """
            UPDATE posts SET status = $2,
                   published_at = CASE WHEN $2 IN ('published', 'archived') THEN now() END,
                   scheduled_at = CASE WHEN $2 = 'scheduled' THEN now() END
             WHERE id = $1
            """,
            *(post["id"], status),
        )

    async def found(status: str) -> list[str]:
        return sorted(titles(await engine.data("GET", f"/posts?status={status}", author)))

    assert await found("Draft") == ["draft", "scheduled"]
    assert await found("PUBLISHED") == ["published"]
    assert await found("archived") == ["archived"]


async def test_author_and_tag_filter_together(engine: Engine) -> None:
    ada, bea = await engine.person(), await engine.person()
    await engine.post(ada, title="A", published=True, tags=["C++"])
    await engine.post(bea, title="B", published=True, tags=["C++", "日本"])
    await engine.post(bea, title="hidden", tags=["C++"])

    async def found(path: str) -> list[str]:
        return sorted(titles(await engine.data("GET", path, ada)))

    assert await found("/posts") == ["A", "B"]
    assert await found(f"/posts?author={bea.id}") == ["B"]
    assert await found(f"/posts?author={str(ada.id).upper()}&tag=c%2B%2B") == ["A"]
    assert await found("/posts?tag=%20C%2B%2B%20") == ["A", "B"]
    assert await found("/posts/tag/c") == ["A", "B"]
    assert await found("/posts/tag/C++") == ["A", "B"]
    assert await found("/posts/tag/日本") == ["B"]
    assert await found(f"/posts/tag/c?author={bea.id}&tag=unknown&status=published") == ["B"]
    for unknown in ("unknown", "", "%00", "%FF"):
        assert await found(f"/posts?tag={unknown}") == []
    assert await found(f"/posts?author={UUID(int=0)}") == []


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", [4, 3, 2, 1, 0]),
        ("unknown", [4, 3, 2, 1, 0]),
        ("--created_at", [4, 3, 2, 1, 0]),
        ("content", [4, 3, 2, 1, 0]),
        ("created_at", [0, 1, 2, 3, 4]),
        ("-published_at", [4, 3, 2, 1, 0]),
        ("title", [0, 1, 2, 3, 4]),
        ("-title", [4, 3, 2, 1, 0]),
        ("updated_at", [0, 1, 2, 3, 4]),
    ],
)
async def test_lists_are_sorted(engine: Engine, sort: str, order: list[int]) -> None:
    author = await engine.person()
    await filled(engine, author)

    page = await engine.data("GET", f"/posts?sort={sort}", author)

    assert titles(page) == [f"Post {n}" for n in order]


@pytest.mark.parametrize("sort", ["published_at", "-published_at"])
async def test_posts_without_a_date_come_last(engine: Engine, sort: str) -> None:
    author = await engine.person()
    await engine.post(author, title="draft")
    await engine.post(author, title="published", published=True)
    await engine.post(author, title="another draft")

    assert titles(await engine.data("GET", f"/posts?sort={sort}", author))[0] == "published"


@pytest.mark.parametrize(("sort", "descending"), [("created_at", False), ("-title", True)])
async def test_ties_are_broken_by_id_in_the_same_direction(
    engine: Engine, sort: str, descending: object
) -> None:
    author = await engine.person()
    for _ in range(4):
        await engine.post(author)
    await engine.execute("UPDATE posts SET created_at = $1", NOON)

    pages = [
        await engine.data("GET", f"/posts?limit=2&sort={sort}&page={n}", author) for n in (1, 2)
    ]

    ids = [post["id"] for page in pages for post in page["items"]]
    assert ids == sorted(ids, reverse=bool(descending))


async def test_tags_are_listed_and_sorted(engine: Engine) -> None:
    author = await engine.person()
    await engine.post(author, tags=["b"], published=True)
    await engine.post(author, tags=["a", "b"], published=True)
    await engine.post(author, tags=["C++"])

    async def names(sort: str) -> list[str]:
        page = await engine.data("GET", f"/tags?sort={sort}", author)
        return [tag["name"] for tag in page["items"]]

    page = await engine.data("GET", "/tags?limit=1", await engine.person("subscriber"))
    assert list(page["items"][0]) == ["id", "name", "slug", "usage_count", "created_at"]
    assert (page["items"][0]["name"], page["items"][0]["slug"]) == ("C++", "c")
    assert (page["total"], page["total_pages"]) == (3, 3)
    assert await names("usage_count") == ["C++", "a", "b"]
    assert await names("-usage_count") == ["b", "a", "C++"]
    assert await names("created_at") == ["b", "a", "C++"]
    assert await names("nonsense") == ["C++", "a", "b"]
    assert sorted(await names("name")) == ["C++", "a", "b"]
    assert await names("-name") == (await names("name"))[::-1]


async def test_a_page_costs_the_same_statements_whatever_its_size(engine: Engine) -> None:
    author = await engine.person()
    await filled(engine, author, count=12)
    costs = set()
    for path in (
        "/posts?limit=1",
        "/posts?limit=12",
        "/posts?tag=all&author=" + str(author.id),
    ):
        with engine.statements() as sent:
            page = await engine.data("GET", path, author)
        costs.add(len(sent))
        assert all(len(post["tags"]) == 2 for post in page["items"])

    # Who is asking, how many there are, the posts, their tags, their categories.
    assert costs == {5}


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("GET", "/posts/{id}", 4),  # caller, post, tags, categories
        ("GET", "/posts?page=99", 2),
        ("GET", "/posts/tag/nothing", 2),
        ("GET", "/tags", 3),
        ("GET", "/auth/profile", 1),
        ("POST", "/posts/{id}/publish", 6),  # the same four, locked; who changes it; the change
        ("DELETE", "/posts/{id}", 6),
        ("POST", "/auth/logout", 3),
        ("GET", "/info", 0),
        ("GET", "/health/liveness", 0),
        ("GET", "/health/readiness", 1),
    ],
)
async def test_every_request_has_its_number_of_statements(
    engine: Engine, method: str, path: str, most: int
) -> None:
    author = await engine.person()
    post = (await filled(engine, author))[0]

    with engine.statements() as sent:
        answer = await engine.call(method, path.format(id=post["id"]), author)

    assert answer.is_success
    assert len(sent) == most


async def test_the_number_of_statements_of_a_write_does_not_grow_with_its_tags(
    engine: Engine,
) -> None:
    author = await engine.person()
    names = [f"tag {n}" for n in range(20)]
    await engine.post(author, tags=names, category="News")
    costs = []
    for tags in (names[:1], names):
        body = {
            "title": f"With {len(tags)}",
            "content": "c",
            "published": True,
            "tags": tags,
            "category": "News",
        }
        with engine.statements() as sent:
            post = await engine.data("POST", "/posts", author, body)
        costs.append(len(sent))
        with engine.statements() as sent:
            await engine.data("PUT", f"/posts/{post['id']}", author, {"tags": tags[::-1]})
        costs.append(len(sent))

    assert costs[0] == costs[2]
    assert max(costs) <= 11


async def test_the_newest_published_posts_are_read_from_their_index(engine: Engine) -> None:
    author = await engine.person()
    await filled(engine, author, count=1)
    with engine.statements() as sent:
        await engine.data("GET", "/posts?status=published&sort=-published_at", author)

    plan = await engine.plan(sent[2])

    assert "Index Scan Backward using posts_live_published" in plan
    assert "Sort" not in plan
