"""Categories over HTTP: the tree read in pages, made, moved, deleted."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.content_api import ContentApi, User


async def make(editor: User, name: str, parent: str | None = None) -> str:
    response = await editor.post("/categories", {"name": name, "parent_id": parent})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def make_chain(editor: User, length: int) -> list[str]:
    made: list[str] = []
    for level in range(1, length + 1):
        made.append(await make(editor, f"level {level}", made[-1] if made else None))
    return made


async def paths(api: ContentApi, query: str = "") -> list[str]:
    response = await api.nobody.get(f"/categories?{query}")
    assert response.status_code == 200, response.text
    return ["/".join(each["path"]) for each in response.json()["data"]]


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def pointed(response: httpx.Response) -> set[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return {(each["pointer"], each["code"]) for each in response.json()["errors"]}


async def test_a_category_is_made_read_changed_and_deleted(
    api: ContentApi, editor: User
) -> None:
    birds = await make(editor, "Birds")
    made = await editor.post(
        "/categories", {"name": " カナリア ", "parent_id": birds, "description": "Yellow."}
    )
    canaries = made.json()
    path = f"/categories/{canaries['id']}"
    assert (made.status_code, made.headers["location"]) == (201, f"/api/v2{path}")
    assert canaries | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "parent_id": birds,
        "slug": "カナリア",
        "name": "カナリア",
        "description": "Yellow.",
        "path": ["birds", "カナリア"],
        "depth": 2,
        "created_at": "",
        "updated_at": "",
        "version": 1,
    }

    read = await api.nobody.get(path)
    assert (read.json(), read.headers["etag"]) == (canaries, made.headers["etag"])
    assert (await api.nobody.get(path, if_none_match=read.headers["etag"])).status_code == 304

    body = {"name": "Canaries", "slug": "canaries", "description": None}
    changed = await editor.patch(path, body, if_match=read.headers["etag"])
    assert changed.json()["path"] == ["birds", "canaries"]
    assert (changed.json()["description"], changed.json()["version"]) == (None, 2)
    stale = await editor.patch(path, {"name": "x"}, if_match=read.headers["etag"])
    assert (stale.status_code, stale.headers["etag"]) == (412, '"2"')
    assert (await editor.patch(path, {"name": "x"})).status_code == 428

    assert (await editor.delete(path, if_match=read.headers["etag"])).status_code == 412
    assert (await editor.delete(path)).status_code == 204
    assert refused(await api.nobody.get(path)) == (404, "category_not_found")


async def test_the_tree_is_read_depth_first_in_pages(api: ContentApi, editor: User) -> None:
    birds, fish = await make(editor, "Birds"), await make(editor, "Fish")
    await make(editor, "Carp", fish)
    canaries = await make(editor, "Canaries", birds)
    await make(editor, "Gloster", canaries)
    await make(editor, "Ada")
    tree = ["birds", "birds/canaries", "birds/canaries/gloster", "fish", "fish/carp", "ada"]

    first = (await api.nobody.get("/categories?limit=4&count=exact")).json()
    second = (await api.nobody.get(f"/categories?limit=4&after={first['page']['next']}")).json()
    back = (await api.nobody.get(f"/categories?limit=4&before={second['page']['prev']}")).json()

    assert ["/".join(each["path"]) for each in first["data"] + second["data"]] == tree
    assert (first["count"], second["page"]["next"]) == ({"value": 6, "exact": True}, None)
    assert back["data"] == first["data"]
    assert await paths(api, "sort=-tree") == tree[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "sort=name,created_at",
        "filter[name][prefix]=B",
        "filter[created_at][gte]=2030-01-01&sort=name",
        "filter[parent][null]=false",
        "filter[parent][null]=true&filter[parent]=0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11",
    ],
)
async def test_a_list_of_categories_that_no_index_serves_is_refused(
    api: ContentApi, query: str
) -> None:
    response = await api.nobody.get(f"/categories?{query}")

    assert (response.status_code, response.json()["code"]) == (400, "unsupported_combination")


async def test_categories_are_filtered_and_sorted(api: ContentApi, editor: User) -> None:
    birds = await make(editor, "Birds")
    await make(editor, "Canaries", birds)
    await make(editor, "Bats")

    assert await paths(api, f"filter[parent]={birds}") == ["birds/canaries"]
    assert await paths(api, "filter[parent][null]=true&sort=name") == ["bats", "birds"]
    assert await paths(api, "filter[name][prefix]=B&sort=-name") == ["birds", "bats"]
    assert await paths(api, "filter[slug][in]=bats,canaries&sort=-created_at") == [
        "bats",
        "birds/canaries",
    ]
    several = f"filter[parent][in]={birds},00000000-0000-0000-0000-000000000000&count=exact"
    assert await paths(api, several) == ["birds/canaries"]
    misspelt = await api.nobody.get("/categories?filter[parnt]=x")
    assert "filter[parent]" in misspelt.json()["detail"]


async def test_what_is_below_comes_along(api: ContentApi, editor: User) -> None:
    a, b, _ = await make_chain(editor, 3)
    other = await make(editor, "Other")

    moved = await editor.patch(f"/categories/{b}", {"parent_id": other}, if_match="*")

    assert (moved.status_code, moved.json()["depth"]) == (200, 2)
    assert await paths(api) == ["level-1", "other", "other/level-2", "other/level-2/level-3"]
    await editor.patch(f"/categories/{b}", {"parent_id": None}, if_match="*")
    await editor.patch(f"/categories/{a}", {"parent_id": b}, if_match="*")
    assert await paths(api) == ["level-2", "level-2/level-1", "level-2/level-3", "other"]


async def test_a_category_never_stands_below_itself(api: ContentApi, editor: User) -> None:
    a, b, c = await make_chain(editor, 3)

    for below in (a, b, c):
        refusal = await editor.patch(f"/categories/{a}", {"parent_id": below}, if_match="*")
        assert refused(refusal) == (409, "category_cycle")
    assert len(await paths(api)) == 3


async def test_trees_are_ten_deep_at_most(api: ContentApi, editor: User) -> None:
    chain = await make_chain(editor, 10)
    top, below = await make(editor, "Top"), await make(editor, "Below", chain[8])
    await make(editor, "Under top", top)

    deeper = await editor.post("/categories", {"name": "x", "parent_id": chain[9]})
    moved = await editor.patch(f"/categories/{top}", {"parent_id": chain[8]}, if_match="*")
    renamed = await editor.patch(f"/categories/{chain[9]}", {"name": "y"}, if_match="*")

    assert pointed(deeper) == pointed(moved) == {("/parent_id", "too_deep")}
    assert renamed.status_code == 200
    shown = (await api.nobody.get(f"/categories/{below}")).json()
    assert (shown["depth"], len(await paths(api))) == (10, 13)


async def test_a_parent_is_there(editor: User) -> None:
    a = await make(editor, "a")
    body = {"name": "b", "parent_id": str(uuid4())}

    assert pointed(await editor.post("/categories", body)) == {("/parent_id", "not_found")}
    answer = await editor.patch(f"/categories/{a}", body, if_match="*")
    assert pointed(answer) == {("/parent_id", "not_found")}


async def test_a_category_with_others_below_it_is_not_deleted(editor: User) -> None:
    a, b = await make_chain(editor, 2)

    refusal = await editor.delete(f"/categories/{a}")

    assert refused(refusal) == (409, "category_has_children")
    assert (await editor.delete(f"/categories/{b}")).status_code == 204
    assert (await editor.delete(f"/categories/{a}")).status_code == 204


async def test_deleting_a_category_takes_its_posts_out_of_it(
    api: ContentApi, editor: User
) -> None:
    post = await editor.write(categories=["a", "b"])

    await editor.delete(f"/categories/{post['categories'][0]['id']}")

    shown = (await api.nobody.get(f"/posts/{post['id']}")).json()
    assert [each["name"] for each in shown["categories"]] == ["b"]


async def test_a_slug_belongs_to_one_category(editor: User) -> None:
    await make(editor, "Birds")
    other = await make(editor, "Birds")

    assert (await editor.get(f"/categories/{other}")).json()["slug"] == "birds-2"
    made = await editor.post("/categories", {"name": "x", "slug": "Birds!"})
    renamed = await editor.patch(f"/categories/{other}", {"slug": "birds"}, if_match="*")
    for answer in (made, renamed):
        assert refused(answer) == (409, "category_taken")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/name"}),
        (
            {"name": "", "slug": "--", "description": "x" * 2001},
            {"/name", "/slug", "/description"},
        ),
        ({"name": "x" * 101, "nmae": "y", "parent_id": "z"}, {"/name", "/nmae", "/parent_id"}),
    ],
)
async def test_everything_wrong_with_a_category_is_told(
    editor: User, body: dict[str, Any], pointers: set[str]
) -> None:
    assert {
        pointer for pointer, _ in pointed(await editor.post("/categories", body))
    } == pointers


async def test_authors_have_no_say_over_categories(api: ContentApi, editor: User) -> None:
    author = await api.user("ada")
    path = f"/categories/{await make(editor, 'a')}"

    assert (await author.post("/categories", {"name": "b"})).status_code == 403
    assert (await author.patch(path, {"name": "b"}, if_match="*")).status_code == 403
    assert (await author.delete(path)).status_code == 403
    assert (await api.nobody.post("/categories", {"name": "b"})).status_code == 401
    assert (await author.get(path)).headers["cache-control"] == "private, no-store"


async def test_caches_are_told_every_category_that_is_shown(
    api: ContentApi, editor: User
) -> None:
    a, b = await make_chain(editor, 2)

    one = await api.nobody.get(f"/categories/{b}")
    every = await api.nobody.get(f"/categories?filter[parent]={a}")

    assert one.headers["cache-tag"] == f"category:{a},category:{b}"
    assert every.headers["cache-tag"] == f"list:categories,category:{a},category:{b}"
