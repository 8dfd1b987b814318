"""Lists of posts over HTTP: pages, filters, orders, what is refused, what they cost."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from serinus.domain.identity.caller import Role
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.content_api import ContentApi, User, open_api


async def titles(user: User, **query: str) -> list[str]:
    response = await user.get(f"/posts?{urlencode(query)}")
    assert response.status_code == 200, response.text
    return [post["title"] for post in response.json()["data"]]


async def test_the_newest_published_come_first(api: ContentApi, author: User) -> None:
    for title in "abc":
        await author.write(title, status="draft" if title == "b" else "published")

    response = await api.nobody.get("/posts")

    assert [post["title"] for post in response.json()["data"]] == ["c", "a"]
    assert response.json()["page"] == {"next": None, "prev": None, "limit": 20}
    assert "count" not in response.json()


async def test_an_item_of_a_list_is_the_item(api: ContentApi, author: User) -> None:
    post = await author.write(tags=["a"], categories=["b"])

    assert (await api.nobody.get("/posts")).json()["data"] == [post]


async def test_who_asks_decides_what_is_listed(api: ContentApi, author: User) -> None:
    bob, editor = await api.user("bob"), await api.user("eve", Role.EDITOR)
    await author.write("ada's draft", status="draft")
    await bob.write("bob's draft", status="draft")
    await bob.write("public")

    assert await titles(api.nobody) == ["public"]
    assert await titles(author) == ["ada's draft", "public"]
    assert await titles(editor) == ["bob's draft", "ada's draft", "public"]
    assert await titles(api.nobody, **{"filter[status]": "draft"}) == []
    assert await titles(author, **{"filter[status]": "draft"}) == ["ada's draft"]


async def test_cursors_lead_through_all_pages_and_back(api: ContentApi, author: User) -> None:
    for title in "abcde":
        await author.write(title)
    path = "/posts?sort=title&limit=2&fields[post]=title"

    async def page(query: str = "") -> tuple[str, dict[str, Any]]:
        body = (await api.nobody.get(f"{path}{query}")).json()
        return "".join(post["title"] for post in body["data"]), body["page"]

    first, one = await page()
    second, two = await page(f"&after={one['next']}")
    third, three = await page(f"&after={two['next']}")
    assert (first, second, third) == ("ab", "cd", "e")
    assert (one["prev"], three["next"]) == (None, None)
    back, before = await page(f"&before={three['prev']}")
    assert (back, before["next"]) == ("cd", two["next"])
    assert (await page(f"&before={before['prev']}"))[0] == "ab"


async def test_what_comes_in_between_shifts_no_page(api: ContentApi, author: User) -> None:
    for title in "bdf":
        await author.write(title)
    first = (await api.nobody.get("/posts?sort=title&limit=2")).json()
    for title in "ace":
        await author.write(title)

    after = f"/posts?sort=title&limit=2&after={first['page']['next']}"

    assert [post["title"] for post in (await api.nobody.get(after)).json()["data"]] == [
        "e",
        "f",
    ]


async def test_a_cursor_is_good_for_its_own_list_only(api: ContentApi, author: User) -> None:
    for title in "abc":
        await author.write(title, tags=["x"])
    cursor = (await api.nobody.get("/posts?limit=1&sort=title")).json()["page"]["next"]

    async def code(query: str) -> tuple[int, str]:
        response = await api.nobody.get(f"/posts?{query}")
        return response.status_code, response.json().get("code", "")

    forged = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    assert await code(f"sort=title&limit=2&fields[post]=id&after={cursor}") == (200, "")
    assert await code(f"after={cursor}") == (400, "cursor_mismatch")
    assert await code(f"sort=-title&after={cursor}") == (400, "cursor_mismatch")
    assert await code(f"filter[tag]=x&before={cursor}") == (400, "cursor_mismatch")
    assert await code(f"sort=title&after={forged}") == (400, "cursor_invalid")
    assert await code("after=") == (400, "cursor_invalid")
    tags = await api.nobody.get(f"/tags?after={cursor}")
    assert (tags.status_code, tags.json()["code"]) == (400, "cursor_mismatch")
    both = await code(f"sort=title&after={cursor}&before={cursor}")
    assert both == (400, "invalid_parameter")


async def test_filters_narrow_together(api: ContentApi, author: User) -> None:
    bob = await api.user("bob")
    await author.write("a", tags=["Jazz", "鳥"], categories=["News"], locale="ja")
    await author.write("b", tags=["jazz"], locale="en-GB")
    await bob.write("c", categories=["News"])

    async def found(**query: str) -> str:
        named = {
            name.replace("__", "][").join(["filter[", "]"]): v for name, v in query.items()
        }
        return "".join(sorted(await titles(api.nobody, **named)))

    assert await found(tag="JAZZ") == "ab"
    assert await found(tag="鳥") == "a"
    assert await found(tag__in="鳥,none") == "a"
    assert await found(tag="none") == ""
    assert await found(category="news") == "ac"
    assert await found(category="news", author=str(bob.id)) == "c"
    assert await found(tag="jazz", locale="ja") == "a"
    assert await found(tag__in="jazz,鳥", locale__in="ja,en-GB") == "ab"
    assert await found(author=str(bob.id)) == "c"
    assert await found(locale__in="ja,fr") == "a"
    assert await found(type="page") == ""
    assert await found(type="post", locale="ja") == "a"
    assert await found(published_at__gt="2030-01-01T12:00:02Z") == "c"
    assert await found(published_at__gte="2030-01-01", published_at__lt="2030-01-02") == "abc"
    assert await found(tag="jazz", published_at__lt="2030-01-01") == ""
    assert await found(published_at__null="true") == ""


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("filter[tag]=a&filter[category]=b", "possible are"),
        ("filter[tag]=a&sort=title", "sorted by published_at first"),
        ("filter[tag]=a&sort=published_at,title", "published_at alone"),
        ("filter[locale]=en&sort=created_at", "sorted by published_at first"),
        ("filter[type]=page&sort=title", "sorted by published_at first"),
        ("filter[author]={id}&filter[locale]=en&filter[tag]=a", "author and tag"),
        ("filter[created_at][gt]=2030-01-01", "needs sort=created_at"),
        ("filter[published_at][null]=true&sort=title", "needs sort=published_at"),
        ("filter[tag]=a&filter[tag][in]=b", "once"),
        ("filter[deleted]=true&filter[locale]=en", "no other filters"),
        ("filter[tag][in]=a,b,c,d,e,f,g,h&filter[locale][in]=a,b,c,d,e,f,g", "50"),
    ],
)
async def test_what_would_get_slower_with_every_post_is_refused(
    api: ContentApi, author: User, query: str, hint: str
) -> None:
    response = await api.nobody.get(f"/posts?{query.format(id=author.id)}")

    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, "unsupported_combination")
    assert hint in problem["detail"]


async def test_counts_are_given_on_request(api: ContentApi, author: User) -> None:
    for title in "abc":
        await author.write(title, tags=[title])

    async def count(query: str) -> Any:
        return (await api.nobody.get(f"/posts?limit=1&{query}")).json()["count"]

    assert await count("count=exact") == {"value": 3, "exact": True}
    assert await count("count=estimated") == {"value": 3, "exact": True}
    assert await count("count=exact&filter[tag]=a") == {"value": 1, "exact": True}
    assert await count("count=exact&filter[tag]=none") == {"value": 0, "exact": True}
    assert await count("count=exact&filter[status]=draft") == {"value": 0, "exact": True}


@pytest.mark.parametrize(
    ("query", "parameter", "code", "hint"),
    [
        ("limit=101", "limit", "invalid_parameter", "1 to 100"),
        ("limit=0", "limit", "invalid_parameter", "1 to 100"),
        ("limit=ten", "limit", "invalid_parameter", "integer"),
        ("limt=3", "limt", "unknown_parameter", "'limit'"),
        ("page=2", "page", "unknown_parameter", ""),
        ("filter[stauts]=draft", "filter[stauts]", "unknown_parameter", "'filter[status]'"),
        ("filter[status]=publishd", "filter[status]", "invalid_parameter", "'published'"),
        ("filter[status][gt]=draft", "filter[status][gt]", "unknown_parameter", ""),
        ("filter[author]=ada", "filter[author]", "invalid_parameter", "UUID"),
        ("filter[tag]=", "filter[tag]", "invalid_parameter", "1 to 255"),
        ("filter[tag]=%00", "filter[tag]", "invalid_parameter", "U+0000"),
        ("filter[tag]=%ff", None, "invalid_parameter", "UTF-8"),
        ("filter[created_at][gt]=2030", "filter[created_at][gt]", "invalid_parameter", "zone"),
        (
            "filter[created_at][gt]=2030-01-01T00:00:00+01:00",
            "filter[created_at][gt]",
            "invalid_parameter",
            "%2B",
        ),
        (
            "filter[created_at][gt]=0001-01-01T00:00:00%2B23:00",
            "filter[created_at][gt]",
            "invalid_parameter",
            "zone",
        ),
        (
            "filter[published_at][null]=yes",
            "filter[published_at][null]",
            "invalid_parameter",
            "true, false",
        ),
        ("sort=titel", "sort", "invalid_parameter", "'title'"),
        ("sort=title,-title", "sort", "invalid_parameter", "once"),
        ("count=roughly", "count", "invalid_parameter", "exact, estimated"),
        ("include=comments", "include", "invalid_parameter", ""),
        ("fields[tag]=id", "fields[tag]", "unknown_parameter", ""),
        ("filter[tag][in]=" + ",".join(map(str, range(51))), "filter[tag][in]", None, "50"),
    ],
)
async def test_what_a_list_does_not_know_is_refused(
    api: ContentApi, query: str, parameter: str | None, code: str | None, hint: str
) -> None:
    response = await api.nobody.get(f"/posts?{query}")

    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, code or "invalid_parameter")
    if parameter:
        assert problem["errors"][0]["parameter"] == parameter
    assert hint in problem["detail"]


async def test_a_list_may_be_cached_when_nobody_is_signed_in(
    api: ContentApi, author: User
) -> None:
    written = await author.write()
    public, private = await api.nobody.get("/posts"), await author.get("/posts")

    assert public.headers["cache-control"].startswith("public, ")
    tags = f"list:posts,post:{written['id']},user:{author.id}"
    assert public.headers["cache-tag"] == tags
    assert public.headers["etag"].startswith('W/"')
    assert private.headers["cache-control"] == "private, no-store"
    again = await api.nobody.get("/posts", if_none_match=public.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-tag"] == tags
    await author.write()
    assert (
        await api.nobody.get("/posts", if_none_match=public.headers["etag"])
    ).status_code == 200


async def test_a_list_of_too_many_records_names_itself_alone(
    api: ContentApi, author: User
) -> None:
    for number in range(4):
        await author.write(tags=[f"tag-{number}-{each}" for each in range(12)])

    response = await api.nobody.get("/posts")

    assert response.headers["cache-tag"] == "list:posts"


async def test_rendered_content_comes_on_request(api: ContentApi, author: User) -> None:
    await author.write(content="*a*")

    response = await api.nobody.get("/posts?include=html&fields[post]=title")

    assert response.json()["data"] == [
        {"title": "Canaries sing", "html": "<p><em>a</em></p>\n"}
    ]


@pytest.mark.parametrize(
    "query",
    [
        "/posts",
        "/posts?count=exact",
        "/posts?count=estimated&filter[tag]=a&filter[locale]=en",
        "/posts?filter[category]=b&include=author,tags,categories,html",
        "/posts/{id}",
        "/posts/by-slug/{slug}",
        "/tags?count=exact",
        "/tags/{tag}",
        "/categories?count=exact",
        "/categories/{category}",
        "/posts/{id}/comments?count=exact&include=author,html",
        "/comments/{comment}",
    ],
)
async def test_every_read_is_one_statement(database_url: str, query: str) -> None:
    pool = await open_pool(database_url, size=1)
    api = open_api(pool)
    async with api.client:
        author = await api.user("ada")
        post = await author.write(tags=["a"], categories=["b"])
        comment = await author.post(f"/posts/{post['id']}/comments", {"content": "Nice."})
        path = query.format(
            id=post["id"],
            slug=quote(post["slug"]),
            tag=post["tags"][0]["id"],
            category=post["categories"][0]["id"],
            comment=comment.json()["id"],
        )
        sent: list[Any] = []
        async with pool.acquire() as connection:
            connection.add_query_logger(sent.append)

        answers = [await user.get(path) for user in (api.nobody, author)]

    await pool.close()
    assert [each.status_code for each in answers] == [200, 200]
    assert len(sent) == 2
