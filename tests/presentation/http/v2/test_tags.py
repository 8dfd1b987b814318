"""Tags over HTTP: listed, made, renamed, merged, deleted."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.content_api import ContentApi, User


async def names(api: ContentApi, query: str) -> list[str]:
    response = await api.nobody.get(f"/tags?{query}")
    assert response.status_code == 200, response.text
    return [tag["name"] for tag in response.json()["data"]]


async def test_tags_are_listed_filtered_and_sorted(api: ContentApi, editor: User) -> None:
    await editor.write(tags=["Jazz", "jam", "鳥"])
    await editor.write(tags=["jazz", "draft"], status="draft")
    await editor.write(tags=["JAZZ"])

    assert await names(api, "") == ["draft", "jam", "Jazz", "鳥"]
    assert await names(api, "sort=-usage_count&limit=1") == ["Jazz"]
    assert await names(api, "sort=-created_at&limit=1") == ["draft"]
    assert await names(api, "filter[name][prefix]=JA") == ["jam", "Jazz"]
    assert await names(api, "filter[name]=JAZZ") == ["Jazz"]
    assert await names(api, "filter[usage_count]=0&sort=usage_count") == ["draft"]
    assert await names(api, "filter[slug][in]=jam,none") == ["jam"]
    counted = (await api.nobody.get("/tags?count=exact&limit=1")).json()
    assert counted["count"] == {"value": 4, "exact": True}


@pytest.mark.parametrize(
    "query",
    [
        "sort=-usage_count,name",
        "filter[usage_count][gte]=1",
        "filter[name][prefix]=a&sort=created_at",
        "filter[created_at][lt]=2030-01-01&filter[usage_count]=0&sort=created_at",
    ],
)
async def test_a_list_of_tags_that_no_index_serves_is_refused(
    api: ContentApi, query: str
) -> None:
    response = await api.nobody.get(f"/tags?{query}")

    assert (response.status_code, response.json()["code"]) == (400, "unsupported_combination")


async def test_cursors_lead_through_tags(api: ContentApi, editor: User) -> None:
    await editor.write(tags=["a", "b", "c"])
    path = "/tags?sort=-usage_count&limit=2&fields[tag]=name"

    first = (await api.nobody.get(path)).json()
    second = (await api.nobody.get(f"{path}&after={first['page']['next']}")).json()
    back = (await api.nobody.get(f"{path}&before={second['page']['prev']}")).json()

    assert len(first["data"] + second["data"]) == 3
    assert second["page"]["next"] is None
    assert back["data"] == first["data"]


async def test_a_tag_is_made_read_renamed_and_deleted(api: ContentApi, editor: User) -> None:
    made = await editor.post("/tags", {"name": " 歌 "})
    tag = made.json()
    path = f"/tags/{tag['id']}"
    assert (made.status_code, made.headers["location"]) == (201, f"/api/v2{path}")
    assert (tag["name"], tag["slug"], tag["usage_count"], tag["version"]) == ("歌", "歌", 0, 1)

    read = await api.nobody.get(path)
    assert (read.json(), read.headers["etag"]) == (tag, made.headers["etag"])
    assert read.headers["cache-tag"] == f"tag:{tag['id']},tag-usage:{tag['id']}"
    assert (await api.nobody.get(path, if_none_match=read.headers["etag"])).status_code == 304

    renamed = await editor.patch(
        path, {"name": "Song", "slug": "songs"}, if_match=read.headers["etag"]
    )
    assert (renamed.json()["name"], renamed.json()["slug"]) == ("Song", "songs")
    stale = await editor.patch(path, {}, if_match=read.headers["etag"])
    assert stale.status_code == 412

    assert (await editor.delete(path, if_match=read.headers["etag"])).status_code == 412
    assert (await editor.delete(path)).status_code == 204
    assert (await api.nobody.get(path)).json()["code"] == "tag_not_found"


async def test_a_name_belongs_to_one_tag(editor: User) -> None:
    await editor.post("/tags", {"name": "Jazz"})
    other = (await editor.post("/tags", {"name": "Blues"})).json()

    made = await editor.post("/tags", {"name": "JAZZ"})
    renamed = await editor.patch(f"/tags/{other['id']}", {"name": "jazz"}, if_match="*")
    slugged = await editor.post("/tags", {"name": "x", "slug": "blues"})

    for answer in (made, renamed, slugged):
        assert (answer.status_code, answer.json()["code"]) == (409, "tag_taken")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/name"}),
        ({"name": "", "slug": "--"}, {"/name", "/slug"}),
        ({"name": "x" * 51, "nmae": "y"}, {"/name", "/nmae"}),
        ({"name": "x", "slug": "x" * 256}, {"/slug"}),
        ({"name": 1, "slug": ""}, {"/name", "/slug"}),
    ],
)
async def test_everything_wrong_with_a_tag_is_told(
    editor: User, body: dict[str, Any], pointers: set[str]
) -> None:
    response = await editor.post("/tags", body)

    assert response.status_code == 422
    assert {each["pointer"] for each in response.json()["errors"]} == pointers


async def test_merging_gives_posts_the_other_tag_once(api: ContentApi, editor: User) -> None:
    both = await editor.write(tags=["colour", "color"])
    one = await editor.write(tags=["colour", "z"])
    await editor.write(tags=["colour"], status="draft")
    colour, color = (tag["id"] for tag in both["tags"])

    merged = await editor.post(f"/tags/{colour}/merge", {"into": color})

    assert (merged.status_code, merged.json()["id"]) == (200, color)
    assert merged.json()["usage_count"] == 2
    assert (await api.nobody.get(f"/tags/{colour}")).status_code == 404
    shown = (await api.nobody.get(f"/posts/{one['id']}")).json()
    assert [tag["name"] for tag in shown["tags"]] == ["color", "z"]


async def test_a_tag_merges_into_another_that_is_there(editor: User) -> None:
    tag = (await editor.post("/tags", {"name": "a"})).json()["id"]

    itself = await editor.post(f"/tags/{tag}/merge", {"into": tag})
    nowhere = await editor.post(f"/tags/{tag}/merge", {"into": str(uuid4())})
    unknown = await editor.post(f"/tags/{uuid4()}/merge", {"into": tag})

    assert [itself.status_code, nowhere.status_code, unknown.status_code] == [422, 404, 404]
    assert (await editor.get(f"/tags/{tag}")).status_code == 200


async def test_authors_have_no_say_over_tags(api: ContentApi, editor: User) -> None:
    author = await api.user("ada")
    path = f"/tags/{(await editor.post('/tags', {'name': 'a'})).json()['id']}"

    assert (await author.post("/tags", {"name": "b"})).status_code == 403
    assert (await author.patch(path, {"name": "b"}, if_match="*")).status_code == 403
    assert (await author.delete(path)).status_code == 403
    assert (await author.post(f"{path}/merge", {"into": str(uuid4())})).status_code == 403
    assert (await api.nobody.post("/tags", {"name": "b"})).status_code == 401
    assert (await author.get(path)).headers["cache-control"] == "private, no-store"


async def test_deleting_a_tag_takes_it_off_its_posts(api: ContentApi, editor: User) -> None:
    post = await editor.write(tags=["a", "b"])

    await editor.delete(f"/tags/{post['tags'][0]['id']}")

    shown = (await api.nobody.get(f"/posts/{post['id']}")).json()
    assert [tag["name"] for tag in shown["tags"]] == ["b"]
