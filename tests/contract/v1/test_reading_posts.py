"""GET of posts: what is seen by whom, pages, filters, sorting."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, refusal
from tests.contract.v1.seeding import NOON, plant_post, plant_tag, put_tag

NOBODY = UUID("0198a6a0-0000-7000-8000-00000000000a")
NOT_FOUND = (404, "Post not found")
HIDDEN: list[dict[str, Any]] = [
    {"status": "draft"},
    {"status": "scheduled", "scheduled_at": NOON},
    {"status": "archived", "published_at": NOON},
]


@pytest.fixture
async def reader(people: People) -> Person:
    return await people.a(Role.SUBSCRIBER)


@pytest.fixture
async def editor(people: People) -> Person:
    return await people.a(Role.EDITOR)


def titles(page: dict[str, Any]) -> list[str]:
    return [post["title"] for post in page["items"]]


async def plant_row(pool: asyncpg.Pool, author: Person, count: int) -> list[str]:
    """Posts one minute apart; their titles, oldest first."""
    for number in range(count):
        at = NOON + timedelta(minutes=number)
        await plant_post(pool, author.id, title=f"Post {number:03}", created_at=at)
    return [f"Post {number:03}" for number in range(count)]


async def test_published_posts_are_everybodys(people: People, pool: asyncpg.Pool) -> None:
    author = await people.a()
    post_id = await plant_post(pool, author.id, title="For all")

    for role in Role:
        reader = await people.a(role)

        assert data(await reader.get(f"/posts/{post_id}"))["title"] == "For all"
        assert titles(data(await reader.get("/posts"))) == ["For all"]


@pytest.mark.parametrize("state", HIDDEN, ids=[str(state["status"]) for state in HIDDEN])
async def test_the_rest_is_seen_by_its_author_and_editors(
    people: People, pool: asyncpg.Pool, state: dict[str, Any]
) -> None:
    author = await people.a(Role.CONTRIBUTOR)
    post_id = await plant_post(pool, author.id, **state)
    seers = [author, *[await people.a(r) for r in (Role.EDITOR, Role.ADMIN, Role.SUPER_ADMIN)]]
    others = [await people.a(r) for r in (Role.SUBSCRIBER, Role.CONTRIBUTOR, Role.AUTHOR)]

    for person in seers:
        assert data(await person.get(f"/posts/{post_id}"))["id"] == str(post_id)
        assert data(await person.get("/posts"))["total"] == 1
    for person in others:
        assert refusal(await person.get(f"/posts/{post_id}")) == NOT_FOUND
        assert data(await person.get("/posts")) == {
            "items": [],
            "total": 0,
            "page": 1,
            "limit": 20,
            "total_pages": 1,
        }


async def test_deleted_posts_are_seen_by_nobody(editor: Person, pool: asyncpg.Pool) -> None:
    post_id = await plant_post(pool, editor.id, deleted_at=NOON)

    assert refusal(await editor.get(f"/posts/{post_id}")) == NOT_FOUND
    assert data(await editor.get("/posts"))["total"] == 0


async def test_an_unknown_post_is_not_found(reader: Person) -> None:
    assert refusal(await reader.get(f"/posts/{uuid4()}")) == NOT_FOUND


async def test_a_post_is_listed_as_it_is_shown(editor: Person) -> None:
    post = await editor.wrote(tags=["b", "a"], category="C", excerpt="E", meta_title="M")

    assert data(await editor.get("/posts"))["items"] == [post]


async def test_imported_pages_and_html_are_listed_alike(
    reader: Person, people: People, pool: asyncpg.Pool
) -> None:
    author = await people.a()
    post_id = await plant_post(
        pool,
        author.id,
        type="page",
        content_format="html",
        content="<p>As it is</p>",
        locale="ja",
    )

    (shown,) = data(await reader.get("/posts"))["items"]

    assert shown == data(await reader.get(f"/posts/{post_id}"))
    assert shown["content"] == "<p>As it is</p>"


async def test_a_scheduled_post_shows_as_a_draft(editor: Person, pool: asyncpg.Pool) -> None:
    post_id = await plant_post(pool, editor.id, status="scheduled", scheduled_at=NOON)

    shown = data(await editor.get(f"/posts/{post_id}"))

    assert shown["status"] == "draft"
    assert shown["published_at"] is None


async def test_whole_seconds_have_six_digits_too(editor: Person, pool: asyncpg.Pool) -> None:
    post_id = await plant_post(pool, editor.id)

    shown = data(await editor.get(f"/posts/{post_id}"))

    assert shown["created_at"] == "2030-01-01T12:00:00.000000Z"


async def test_pages_are_numbered_from_one(reader: Person, pool: asyncpg.Pool) -> None:
    rows = (await plant_row(pool, reader, 45))[::-1]

    first, third = data(await reader.get("/posts")), data(await reader.get("/posts", page=3))

    assert list(first) == ["items", "total", "page", "limit", "total_pages"]
    assert titles(first) == rows[:20]
    assert {**first, "items": []} == {
        "items": [],
        "total": 45,
        "page": 1,
        "limit": 20,
        "total_pages": 3,
    }
    assert titles(third) == rows[40:]
    assert third["page"] == 3


PAGES: list[tuple[dict[str, str], int, int]] = [
    ({"page": "0"}, 1, 20),
    ({"page": "00001"}, 1, 20),
    ({"limit": "0"}, 1, 20),
    ({"limit": "1"}, 1, 1),
    ({"limit": "100"}, 1, 100),
    ({"limit": "101"}, 1, 100),
    ({"limit": "9" * 30}, 1, 100),
    ({"page": "2", "limit": "7"}, 2, 7),
]


@pytest.mark.parametrize(("params", "page", "limit"), PAGES)
async def test_page_and_limit_are_bent_into_range(
    reader: Person, params: dict[str, str], page: int, limit: int
) -> None:
    for path in ("/posts", "/posts/tag/x", "/tags"):
        found = data(await reader.get(path, **params))

        assert (found["page"], found["limit"], found["total_pages"]) == (page, limit, 1), path


@pytest.mark.parametrize("page", [2, 3, 10**6, 2**31, 2**63, 10**30])
async def test_past_the_end_there_is_nothing_and_the_total_is_exact(
    reader: Person, pool: asyncpg.Pool, page: int
) -> None:
    await plant_row(pool, reader, 3)

    found = data(await reader.get("/posts", page=page))

    assert found == {"items": [], "total": 3, "page": page, "limit": 20, "total_pages": 1}
    assert data(await reader.get("/tags", page=page))["items"] == []


@pytest.mark.parametrize(
    "value",
    [
        "-1",
        "-0",
        "x",
        "",
        " ",
        "1.0",
        "1e3",
        "+1",
        "0x1",
        "1_0",
        "\uff11",
        "\u0663",
        "1 ",
        "1;2",
    ],
)
@pytest.mark.parametrize("name", ["page", "limit"])
async def test_no_number_and_less_than_nothing_are_refused(
    reader: Person, name: str, value: str
) -> None:
    for path in ("/posts", "/posts/tag/x", "/tags"):
        answer = await reader.get(path, **{name: value})

        assert refusal(answer) == (400, f"Invalid query parameter: {name}"), path


@pytest.mark.parametrize(
    "value", ["", "x", "scheduled", "Draft,Published", "draft ", "deleted"]
)
async def test_an_unknown_status_is_refused(reader: Person, value: str) -> None:
    answer = await reader.get("/posts", status=value)

    assert refusal(answer) == (400, "Invalid query parameter: status")


@pytest.mark.parametrize("value", ["", "me", NOBODY.hex, f"{{{NOBODY}}}", "1"])
async def test_an_author_must_be_an_id(reader: Person, value: str) -> None:
    answer = await reader.get("/posts", author=value)

    assert refusal(answer) == (400, "Invalid query parameter: author")


async def test_of_several_bad_parameters_the_contracts_first_is_named(reader: Person) -> None:
    path = "/posts?author=x&status=x&limit=x&page=x"

    for name in ("page", "limit", "status", "author"):
        answer = await reader.get(path)

        assert refusal(answer) == (400, f"Invalid query parameter: {name}")
        path = path.replace(f"{name}=x", f"{name}x=")


async def test_of_a_parameter_given_twice_the_last_counts(reader: Person) -> None:
    assert data(await reader.get("/posts?page=x&page=2&limit=5&limit=6"))["limit"] == 6


async def test_unknown_parameters_are_ignored(reader: Person) -> None:
    data(await reader.get("/posts?offset=x&pages=-1&Status=x&=&&&?page=x"))


async def test_posts_are_filtered_by_status(editor: Person, pool: asyncpg.Pool) -> None:
    await plant_post(pool, editor.id, title="p")
    await plant_post(pool, editor.id, title="d", status="draft")
    await plant_post(pool, editor.id, title="s", status="scheduled", scheduled_at=NOON)
    await plant_post(pool, editor.id, title="a", status="archived")

    async def found(status: str) -> set[str]:
        page = data(await editor.get("/posts", status=status))
        assert page["total"] == len(page["items"])
        return set(titles(page))

    for draft in ("draft", "Draft", "DRAFT"):
        assert await found(draft) == {"d", "s"}
    assert await found("Published") == {"p"}
    assert await found("archived") == {"a"}


async def test_posts_are_filtered_by_author(people: People, reader: Person) -> None:
    ada, grace = await people.a(), await people.a()
    await ada.wrote("Ada's", published=True)
    await ada.wrote("Ada's draft")
    await grace.wrote("Grace's", published=True)

    assert titles(data(await reader.get("/posts", author=str(ada.id)))) == ["Ada's"]
    upper = str(ada.id).upper()
    assert titles(data(await ada.get("/posts", author=upper))) == ["Ada's draft", "Ada's"]
    assert data(await reader.get("/posts", author=str(uuid4())))["total"] == 0


TAG_SPELLINGS = ["song birds", "Song Birds", "  SONG BIRDS ", "\uff53ong birds", "song-birds"]


@pytest.mark.parametrize("spelling", TAG_SPELLINGS)
async def test_posts_are_filtered_by_a_tags_name_or_slug(
    people: People, reader: Person, spelling: str
) -> None:
    author = await people.a()
    await author.wrote("Tagged", tags=["x", "Song Birds"], published=True)
    await author.wrote("Tagged draft", tags=["song birds"])
    await author.wrote("Other", tags=["birds"], published=True)

    by_query = data(await reader.get("/posts", tag=spelling))
    by_path = data(await reader.get(f"/posts/tag/{spelling}"))

    assert titles(by_query) == ["Tagged"]
    assert by_path == by_query
    assert titles(data(await author.get("/posts", tag=spelling))) == ["Tagged draft", "Tagged"]


@pytest.mark.parametrize(
    "tag", ["unknown", "%00", "a%00", "%FF", "%ED%A0%80", "%F0%9F%90%A6", "%25"]
)
async def test_an_unknown_tag_is_an_empty_page(
    people: People, reader: Person, tag: str
) -> None:
    await (await people.a()).wrote(tags=["known"], published=True)

    assert data(await reader.get(f"/posts?tag={tag}"))["total"] == 0
    assert data(await reader.get(f"/posts/tag/{tag}"))["total"] == 0


async def test_an_empty_tag_finds_nothing(reader: Person, pool: asyncpg.Pool) -> None:
    await plant_post(pool, reader.id)

    assert data(await reader.get("/posts?tag="))["total"] == 0


async def test_a_tags_posts_take_the_same_parameters(
    people: People, pool: asyncpg.Pool
) -> None:
    author = await people.a()
    tag = await plant_tag(pool, "t", "t")
    for number in range(3):
        at = NOON + timedelta(minutes=number)
        await put_tag(
            pool, await plant_post(pool, author.id, title=str(number), created_at=at), tag
        )
    await plant_post(pool, author.id, title="untagged")

    page = data(await author.get("/posts/tag/t", sort="created_at", limit=2))
    assert (titles(page), page["total"], page["total_pages"]) == (["0", "1"], 3, 2)
    assert data(await author.get("/posts/tag/t", status="draft"))["total"] == 0
    assert data(await author.get("/posts/tag/t", author=str(uuid4())))["total"] == 0
    assert data(await author.get("/posts/tag/t", tag="other"))["total"] == 3


async def test_posts_are_sorted_both_ways(editor: Person, pool: asyncpg.Pool) -> None:
    later, last = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    await plant_post(pool, editor.id, title="b", updated_at=last)
    await plant_post(pool, editor.id, title="c", created_at=later, published_at=last)
    await plant_post(
        pool, editor.id, title="a", created_at=last, updated_at=later, published_at=later
    )

    async def order(sort: str) -> str:
        return "".join(titles(data(await editor.get("/posts", sort=sort))))

    for column, ascending in {
        "created_at": "bca",
        "updated_at": "cab",
        "published_at": "bac",
        "title": "abc",
    }.items():
        assert await order(column) == ascending
        assert await order(f"-{column}") == ascending[::-1]


@pytest.mark.parametrize(
    "sort", ["", "-", "x", "--created_at", "Created_At", "author", "id; --"]
)
async def test_an_unknown_order_is_newest_first(
    reader: Person, pool: asyncpg.Pool, sort: str
) -> None:
    rows = await plant_row(pool, reader, 3)

    assert titles(data(await reader.get("/posts", sort=sort))) == rows[::-1]


async def test_ties_are_broken_by_id_in_the_same_direction(
    reader: Person, pool: asyncpg.Pool
) -> None:
    ids = sorted([str(await plant_post(pool, reader.id)) for _ in range(5)])

    for sort in ("created_at", "updated_at", "published_at", "title"):
        up = data(await reader.get("/posts", sort=sort))["items"]
        down = data(await reader.get("/posts", sort=f"-{sort}"))["items"]

        assert [post["id"] for post in up] == ids
        assert [post["id"] for post in down] == ids[::-1]


async def test_posts_without_a_date_come_last_when_descending(
    editor: Person, pool: asyncpg.Pool
) -> None:
    await plant_post(pool, editor.id, title="early")
    await plant_post(pool, editor.id, title="draft", status="draft")
    await plant_post(pool, editor.id, title="late", published_at=NOON + timedelta(days=1))

    page = data(await editor.get("/posts", sort="-published_at"))

    assert titles(page) == ["late", "early", "draft"]


async def test_walking_all_pages_meets_every_post_once(
    reader: Person, pool: asyncpg.Pool
) -> None:
    ids = {str(await plant_post(pool, reader.id, title="same")) for _ in range(23)}

    met = [
        post["id"]
        for page in range(1, 6)
        for post in data(await reader.get("/posts", page=page, limit=5, sort="-title"))["items"]
    ]

    assert len(met) == 23
    assert set(met) == ids
