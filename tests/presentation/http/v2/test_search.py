"""Search over HTTP: what is found, how it is shown, narrowed, paged and refused."""

from typing import Any
from urllib.parse import urlencode

import pytest

from serinus.domain.identity.caller import Role
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.content_api import ContentApi, User, open_api


async def search(user: User, q: str, **query: str) -> dict[str, Any]:
    response = await user.get(f"/search?{urlencode({'q': q} | query)}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def titles(user: User, q: str, **query: str) -> list[str]:
    return [hit["title"] for hit in (await search(user, q, **query))["data"]]


async def test_a_hit_shows_the_post_and_why_it_was_found(api: ContentApi, author: User) -> None:
    post = await author.write("金糸雀の歌", content="Canaries sing & run.", tags=["鳥"])

    (hit,) = (await search(api.nobody, "running 金糸雀"))["data"]

    assert hit == {
        "id": post["id"],
        "slug": "金糸雀の歌",
        "title": "金糸雀の歌",
        "excerpt": "Canaries sing & run.",
        "locale": post["locale"],
        "published_at": post["published_at"],
        "author": post["author"],
        "score": hit["score"],
        "highlights": {
            "title": "<mark>金糸雀</mark>の歌",
            "excerpt": "Canaries sing &amp; <mark>run</mark>.",
            "content": "Canaries sing &amp; <mark>run</mark>.",
        },
    }
    assert hit["score"] > 0


async def test_the_title_counts_more_than_the_excerpt_and_that_more_than_the_content(
    api: ContentApi, author: User
) -> None:
    await author.write("a", content="An owl.", excerpt="-")
    await author.write("An owl", content="-", excerpt="-")
    await author.write("b", content="-", excerpt="An owl.")

    assert await titles(api.nobody, "owl") == ["An owl", "b", "a"]


async def test_only_what_is_published_is_found_or_counted_whoever_asks(
    api: ContentApi, author: User
) -> None:
    editor = await api.user("eve", Role.EDITOR)
    await author.write("Owl: draft", status="draft", tags=["night"])
    gone = await author.write("Owl: gone", tags=["night"])
    await author.delete(f"/posts/{gone['id']}")
    back = await author.write("Owl: back", tags=["night"])
    await author.post(f"/posts/{back['id']}/unpublish")
    await author.write("Owl", tags=["dusk"])

    for user in (api.nobody, author, editor):
        found = await search(user, "owl", count="exact", facets="tag")
        assert [hit["title"] for hit in found["data"]] == ["Owl"]
        assert found["count"] == {"value": 1, "exact": True}
        assert [tag["name"] for tag in found["facets"]["tag"]] == ["dusk"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Node.js 入門", "a"),
        ("node", "a"),
        ("Vue3の使い方", "b"),
        ("使い方", "b"),
        ("ＶＵＥ３", "b"),  # noqa: RUF001 - full width
        ("C++", "c"),
        ("C#", "d"),
        ("F#", "e"),
        (".NET", "d"),
        ("C", "fcd"),
        ("ガイド", "g"),
        ("canary", "h"),
        ("!!!", ""),
    ],
)
async def test_scripts_and_symbols_are_found_as_they_are_typed(
    api: ContentApi, author: User, query: str, found: str
) -> None:
    written = {
        "a": "Node.js 入門",
        "b": "Vue3の使い方",
        "c": "C++ and templates",
        "d": "C# on .NET",
        "e": "F# and functions",
        "f": "C, the language",
        "g": "ｶﾞｲﾄﾞ",
        "h": "CANARIES",
    }
    for excerpt, title in written.items():
        await author.write(title, excerpt=excerpt, content="-")

    hits = (await search(api.nobody, query))["data"]

    assert sorted(hit["excerpt"] for hit in hits) == sorted(found)
    assert all("<mark>" in hit["highlights"]["title"] for hit in hits)


async def test_filters_narrow_what_is_found(api: ContentApi, author: User) -> None:
    bob = await api.user("bob")
    await author.write("Owl a", tags=["Night"], categories=["News"], locale="ja")
    await author.write("Owl b", tags=["night"], locale="en")
    await bob.write("Owl c", categories=["News"], locale="en-GB")
    await bob.write("Canary", tags=["night"])

    async def found(**filters: str) -> str:
        query = {
            name.replace("__", "][").join(["filter[", "]"]): v for name, v in filters.items()
        }
        return "".join(sorted(each[-1] for each in await titles(api.nobody, "owl", **query)))

    assert await found() == "abc"
    assert await found(tag="NIGHT") == "ab"
    assert await found(tag="none") == ""
    assert await found(category="news") == "ac"
    assert await found(category="news", tag="night") == "a"
    assert await found(author=str(bob.id)) == "c"
    assert await found(locale__in="en,en-GB") == "bc"
    assert await found(published_at__gt="2030-01-01") == "abc"
    assert await found(published_at__lt="2030-01-01") == ""


async def test_facets_count_the_matches(api: ContentApi, author: User) -> None:
    bob = await api.user("bob")
    for name in "abc":
        await author.write(f"Owl {name}", tags=["night", name], categories=["News"])
    await bob.write("Owl d", tags=["night"])
    await bob.write("Canary", tags=["day"], categories=["Songs"])

    found = await search(api.nobody, "owl", facets="tag,author,category", limit="1")

    assert [(tag["name"], tag["slug"], tag["count"]) for tag in found["facets"]["tag"]] == [
        ("night", "night", 4),
        ("a", "a", 1),
        ("b", "b", 1),
        ("c", "c", 1),
    ]
    (category,) = found["facets"]["category"]
    assert (category["slug"], category["name"], category["count"]) == ("news", "News", 3)
    assert found["facets"]["author"] == [
        {"id": str(author.id), "username": "ada", "name": "Ada Lovelace", "count": 3},
        {"id": str(bob.id), "username": "bob", "name": "Bob Lovelace", "count": 1},
    ]
    assert "facets" not in await search(api.nobody, "owl")
    assert list((await search(api.nobody, "none", facets="tag"))["facets"].items()) == [
        ("tag", [])
    ]


async def test_hits_are_sorted_by_date_on_request(api: ContentApi, author: User) -> None:
    for title in ("Owl a", "b", "Owl c"):
        await author.write(title, content="owl")

    assert await titles(api.nobody, "owl", sort="published_at") == ["Owl a", "b", "Owl c"]
    assert await titles(api.nobody, "owl", sort="-published_at") == ["Owl c", "b", "Owl a"]
    assert await titles(api.nobody, "owl", sort="relevance") == ["Owl c", "Owl a", "b"]


async def test_members_are_chosen(api: ContentApi, author: User) -> None:
    post = await author.write("Owl", tags=["night"], categories=["News"])

    async def hit(**query: str) -> dict[str, Any]:
        (only,) = (await search(api.nobody, "owl", **query))["data"]
        assert isinstance(only, dict)
        return only

    assert await hit(**{"fields[post]": "title"}) == {"title": "Owl"}
    assert "highlights" not in await hit(highlight="false")
    related = await hit(include="tags,categories", **{"fields[post]": "id"})
    assert related == {
        "id": post["id"],
        "tags": post["tags"],
        "categories": post["categories"],
    }
    assert "author" in await hit(include="tags")
    assert "tags" not in await hit()


async def test_a_cursor_belongs_to_what_was_looked_for(api: ContentApi, author: User) -> None:
    for title in "abc":
        await author.write(f"Owl {title}", tags=["x"])
    first = await search(api.nobody, "Owl", limit="2")
    cursor = first["page"]["next"]

    async def code(**query: str) -> tuple[int, str]:
        response = await api.nobody.get(f"/search?{urlencode(query)}")
        return response.status_code, response.json().get("code", "")

    assert await titles(api.nobody, "Ｏwl ", after=cursor, facets="tag", highlight="false") == [  # noqa: RUF001 - full width
        "Owl a"
    ]
    assert await code(q="owl", after=cursor) == (400, "cursor_mismatch")
    assert await code(q="Owl", sort="published_at", after=cursor) == (400, "cursor_mismatch")
    assert await code(q="Owl", after=cursor, **{"filter[tag]": "x"}) == (
        400,
        "cursor_mismatch",
    )
    assert await code(q="Owl", after="made up") == (400, "cursor_invalid")
    assert await code(q="Owl", after=cursor, before=cursor) == (400, "invalid_parameter")
    posts = await api.nobody.get(f"/posts?after={cursor}")
    assert posts.json()["code"] == "cursor_mismatch"


@pytest.mark.parametrize(
    ("query", "parameter", "code", "hint"),
    [
        ("", "q", "invalid_parameter", "1 to 200"),
        ("q=", "q", "invalid_parameter", "1 to 200"),
        ("q=%20%E3%80%80", "q", "invalid_parameter", "1 to 200"),
        ("q=" + "x" * 201, "q", "invalid_parameter", "1 to 200"),
        (
            "q=%E3%8E%AF" + "x" * 197,
            "q",
            "invalid_parameter",
            "1 to 200",
        ),  # one sign, 5 letters
        ("q=%00", "q", "invalid_parameter", "U+0000"),
        ("query=x", "query", "unknown_parameter", ""),
        ("q=x&limit=101", "limit", "invalid_parameter", "1 to 100"),
        ("q=x&offset=3", "offset", "unknown_parameter", ""),
        ("q=x&sort=relevence", "sort", "invalid_parameter", "'relevance'"),
        ("q=x&sort=-relevance", "sort", "invalid_parameter", "'relevance'"),
        ("q=x&sort=title", "sort", "invalid_parameter", "published_at"),
        ("q=x&facets=tags", "facets", "invalid_parameter", "'tag'"),
        ("q=x&facet=tag", "facet", "unknown_parameter", "'facets'"),
        ("q=x&highlight=no", "highlight", "invalid_parameter", "true, false"),
        ("q=x&filter[status]=draft", "filter[status]", "unknown_parameter", ""),
        ("q=x&filter[tags]=a", "filter[tags]", "unknown_parameter", "'filter[tag]'"),
        ("q=x&filter[author]=ada", "filter[author]", "invalid_parameter", "UUID"),
        ("q=x&filter[published_at][null]=true", None, "unknown_parameter", ""),
        ("q=x&count=roughly", "count", "invalid_parameter", "exact, estimated"),
        ("q=x&include=author", "include", "invalid_parameter", "tags, categories"),
        ("q=x&fields[post]=content", "fields[post]", "invalid_parameter", ""),
    ],
)
async def test_what_a_search_does_not_know_is_refused(
    api: ContentApi, query: str, parameter: str | None, code: str, hint: str
) -> None:
    response = await api.nobody.get(f"/search?{query}")

    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, code)
    if parameter:
        assert problem["errors"][0]["parameter"] == parameter
    assert hint in problem["detail"]


async def test_an_answer_names_every_record_it_depends_on(
    api: ContentApi, author: User
) -> None:
    post = await author.write("Owl", tags=["night"], categories=["News"])
    (tag,), (category,) = post["tags"], post["categories"]

    async def tags(query: str) -> set[str]:
        response = await api.nobody.get(f"/search?q=owl{query}")
        assert response.headers["cache-control"].startswith("public, ")
        return set(response.headers["cache-tag"].split(","))

    plain = {"list:posts", f"post:{post['id']}", f"user:{author.id}"}
    named = {f"tag:{tag['id']}", f"category:{category['id']}"}
    assert await tags("") == plain
    assert await tags("&include=tags,categories") == plain | named
    assert await tags("&facets=tag,category,author") == plain | named
    private = await author.get("/search?q=owl")
    assert private.headers["cache-control"] == "private, no-store"
    public = await api.nobody.get("/search?q=owl")
    again = await api.nobody.get("/search?q=owl", if_none_match=public.headers["etag"])
    assert again.status_code == 304


async def test_suggestions_begin_as_typed(api: ContentApi, author: User) -> None:
    post = await author.write("カナリアの歌", tags=["カナリア科", "other"])
    await author.write("カナリア: draft", status="draft", tags=["カナリア: unused"])
    await author.write("歌うカナリア")
    tag = next(each for each in post["tags"] if each["name"] == "カナリア科")

    response = await api.nobody.get("/search/suggest?prefix=ｶﾅﾘｱ&limit=5")

    assert response.json() == {
        "data": [
            {
                "text": "カナリアの歌",
                "kind": "post",
                "id": post["id"],
                "slug": "カナリアの歌",
            },
            {"text": "カナリア科", "kind": "tag", "id": tag["id"], "slug": tag["slug"]},
        ]
    }
    assert set(response.headers["cache-tag"].split(",")) == {
        "list:posts",
        "list:tags",
        f"post:{post['id']}",
        f"tag:{tag['id']}",
    }
    signed_in = await author.get("/search/suggest?prefix=カナリア&limit=1")
    assert signed_in.headers["cache-control"] == "private, no-store"
    assert len(signed_in.json()["data"]) == 1


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "prefix"),
        ("prefix=%20", "prefix"),
        ("prefix=x&limit=0", "limit"),
        ("prefix=x&q=x", "q"),
    ],
)
async def test_what_suggestions_do_not_know_is_refused(
    api: ContentApi, query: str, parameter: str
) -> None:
    response = await api.nobody.get(f"/search/suggest?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize(
    "query",
    [
        "?q=owl",
        "?q=owl&facets=tag,category,author&include=tags,categories&count=exact",
        "?q=owl&sort=published_at&filter[tag]=a&count=estimated",
        "/suggest?prefix=owl",
    ],
)
async def test_a_search_is_one_statement(database_url: str, query: str) -> None:
    pool = await open_pool(database_url, size=1)
    api = open_api(pool)
    async with api.client:
        author = await api.user("ada")
        await author.write("Owl", tags=["a"], categories=["b"])
        sent: list[Any] = []
        async with pool.acquire() as connection:
            connection.add_query_logger(sent.append)

        answers = [await user.get(f"/search{query}") for user in (api.nobody, author)]

    await pool.close()
    assert [each.status_code for each in answers] == [200, 200]
    assert all(each.json()["data"] for each in answers)
    assert len(sent) == 2
