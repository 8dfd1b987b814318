"""One post over HTTP: written, read, changed, published, deleted."""

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from serinus.domain.identity.caller import Role
from tests.support.content_api import ContentApi, User

NUL = '{"title":"\\u0000","content":"c"}'


async def test_a_new_post_is_answered_whole(author: User) -> None:
    response = await author.post(
        "/posts",
        {
            "title": " カナリア ",
            "content": "歌う",
            "content_format": "html",
            "excerpt": "e",
            "locale": "ja",
            "featured_image": "https://example.org/a.png",
            "seo": {"title": "t", "description": "d"},
            "tags": ["鳥", "Song"],
            "categories": ["Field notes"],
            "status": "published",
        },
    )

    post = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/v2/posts/{post['id']}"
    assert response.headers["cache-control"] == "private, no-store"
    assert [tag.pop("id") for tag in post["tags"]]
    assert post["categories"][0].pop("id")
    assert post | {"id": None, "created_at": None, "updated_at": None} == {
        "id": None,
        "type": "post",
        "slug": "カナリア",
        "title": "カナリア",
        "content": "歌う",
        "content_format": "html",
        "excerpt": "e",
        "status": "published",
        "locale": "ja",
        "author": {"id": str(author.id), "username": "ada", "name": "Ada Lovelace"},
        "tags": [{"slug": "鳥", "name": "鳥"}, {"slug": "song", "name": "Song"}],
        "categories": [{"slug": "field-notes", "name": "Field notes"}],
        "featured_image": "https://example.org/a.png",
        "seo": {"title": "t", "description": "d"},
        "reading_minutes": 1,
        "version": 1,
        "created_at": None,
        "updated_at": None,
        "published_at": "2030-01-01T12:00:01Z",
        "scheduled_at": None,
    }


async def test_what_was_answered_is_what_is_read(author: User) -> None:
    written = await author.post("/posts", {"title": "t", "content": "c"})

    read = await author.get(f"/posts/{written.json()['id']}")

    assert read.content == written.content
    assert read.headers["etag"] == written.headers["etag"]


async def test_everything_wrong_with_a_body_is_told_at_once(author: User) -> None:
    response = await author.post(
        "/posts",
        {
            "title": "",
            "content": 3,
            "exerpt": "e",
            "locale": "English",
            "featured_image": "ftp://example.org",
            "seo": {"title": "x" * 61},
            "slug": "--",
            "tags": [""],
            "status": "archived",
        },
    )

    problem = response.json()
    assert response.status_code == 422
    assert {each["pointer"]: each["code"] for each in problem["errors"]} == {
        "/exerpt": "unknown_member",
        "/title": "required",
        "/content": "invalid_type",
        "/locale": "invalid_format",
        "/featured_image": "invalid_format",
        "/seo/title": "too_long",
        "/slug": "invalid_format",
        "/tags": "invalid_length",
        "/status": "not_allowed",
    }
    assert problem["errors"][0]["params"] == {"nearest": "excerpt"}


async def test_rules_point_into_the_body_when_every_type_is_right(author: User) -> None:
    body = {"title": "t", "content": "c", "seo": {"description": "x" * 161}}

    response = await author.post("/posts", body)

    assert [each["pointer"] for each in response.json()["errors"]] == ["/seo/description"]


async def test_a_slug_of_one_s_own_is_taken_once(author: User) -> None:
    assert (await author.write(slug="My Slug"))["slug"] == "my-slug"

    again = await author.post("/posts", {"title": "t", "content": "c", "slug": "my-slug"})

    assert (again.status_code, again.json()["code"]) == (409, "slug_taken")


@pytest.mark.parametrize(
    ("role", "status", "answered"),
    [
        (Role.SUBSCRIBER, "draft", 403),
        (Role.CONTRIBUTOR, "draft", 201),
        (Role.CONTRIBUTOR, "published", 403),
        (Role.AUTHOR, "published", 201),
    ],
)
async def test_roles_decide_who_writes_and_who_publishes(
    api: ContentApi, role: Role, status: str, answered: int
) -> None:
    user = await api.user("somebody", role)

    response = await user.post("/posts", {"title": "t", "content": "c", "status": status})

    assert response.status_code == answered


async def test_nobody_writes_without_signing_in(api: ContentApi) -> None:
    assert (await api.nobody.post("/posts", {})).status_code == 401
    assert (await api.nobody.patch(f"/posts/{uuid4()}", {})).status_code == 401
    assert (await api.nobody.delete(f"/posts/{uuid4()}")).status_code == 401


async def test_a_draft_is_not_there_for_others(api: ContentApi, author: User) -> None:
    path = f"/posts/{(await author.write(status='draft'))['id']}"
    other, editor = await api.user("bob"), await api.user("eve", Role.EDITOR)

    seen = [(await user.get(path)).status_code for user in (api.nobody, other, author, editor)]

    assert seen == [404, 404, 200, 200]
    assert (await other.patch(path, {}, if_match="*")).status_code == 404


async def test_a_public_post_may_be_cached_and_purged(api: ContentApi, author: User) -> None:
    post = await author.write(tags=["a"], categories=["b"])
    path = f"/posts/{post['id']}"

    public, private = await api.nobody.get(path), await author.get(path)

    assert public.headers["cache-control"] == (
        "public, max-age=0, s-maxage=30, stale-while-revalidate=120"
    )
    assert public.headers["cache-tag"] == ",".join(
        [
            f"post:{post['id']}",
            f"user:{author.id}",
            f"tag:{post['tags'][0]['id']}",
            f"category:{post['categories'][0]['id']}",
        ]
    )
    assert private.headers["cache-control"] == "private, no-store"
    assert "cache-tag" not in private.headers
    assert {"Authorization", "X-API-Key"} <= set(public.headers["vary"].split(", "))
    assert public.headers["etag"] == private.headers["etag"]


@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
async def test_a_client_that_has_it_gets_304(api: ContentApi, author: User, known: str) -> None:
    path = f"/posts/{(await author.write())['id']}"
    first = await api.nobody.get(path)

    again = await api.nobody.get(path, if_none_match=known.format(tag=first.headers["etag"]))

    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "cache-tag"):
        assert again.headers[name] == first.headers[name]


async def test_a_renamed_tag_changes_the_entity_tag_and_not_the_version(
    api: ContentApi, author: User
) -> None:
    post = await author.write(tags=["a"])
    before = await author.get(f"/posts/{post['id']}")
    editor = await api.user("eve", Role.EDITOR)
    await editor.patch(f"/tags/{post['tags'][0]['id']}", {"name": "b"}, if_match="*")

    after = await author.get(f"/posts/{post['id']}", if_none_match=before.headers["etag"])
    change = await author.patch(
        f"/posts/{post['id']}", {"title": "new"}, if_match=before.headers["etag"]
    )

    assert (after.status_code, after.json()["version"]) == (200, 1)
    assert after.json()["tags"][0]["name"] == "b"
    assert change.status_code == 200


async def test_head_answers_like_get_without_a_body(api: ContentApi, author: User) -> None:
    path = f"/posts/{(await author.write())['id']}"
    whole = await api.nobody.get(path)

    head = await api.nobody.head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(whole.headers)


async def test_fields_and_include_choose_what_is_shown(api: ContentApi, author: User) -> None:
    path = f"/posts/{(await author.write(tags=['a'], content='*Hi* <script>x</script>'))['id']}"

    async def members(query: str) -> set[str]:
        return set((await api.nobody.get(f"{path}?{query}")).json())

    everything = await members("")
    assert "html" not in everything
    assert await members("fields[post]=id,title") == {"id", "title"}
    assert await members("fields[post]=id&include=tags") == {"id", "tags"}
    assert everything - await members("include=tags") == {"author", "categories"}
    assert everything - await members("include=") == {"author", "categories", "tags"}
    html = (await api.nobody.get(f"{path}?fields[post]=html")).json()
    assert html == {"html": "<p><em>Hi</em> </p>\n"}


@pytest.mark.parametrize(
    ("query", "parameter", "code", "hint"),
    [
        ("fields[post]=titel", "fields[post]", "invalid_parameter", "'title'"),
        ("include=author,tag", "include", "invalid_parameter", "'tags'"),
        ("field[post]=title", "field[post]", "unknown_parameter", "'fields[post]'"),
        ("limit=3", "limit", "unknown_parameter", ""),
        ("fields[post]=id&fields[post]=id", "fields[post]", "invalid_parameter", "once"),
    ],
)
async def test_what_an_item_does_not_know_is_refused(
    api: ContentApi, query: str, parameter: str, code: str, hint: str
) -> None:
    response = await api.nobody.get(f"/posts/{uuid4()}?{query}")

    problem = response.json()
    assert (response.status_code, problem["code"]) == (400, code)
    assert problem["errors"][0]["parameter"] == parameter
    assert hint in problem["detail"]


async def test_a_slug_leads_to_its_post_in_any_script(api: ContentApi, author: User) -> None:
    post = await author.write("カナリアは歌う")

    response = await api.nobody.get(f"/posts/by-slug/{quote(post['slug'])}")

    assert response.json() == post
    assert response.headers["etag"].startswith('"1-')


async def test_an_old_slug_moves_to_the_new_one(api: ContentApi, author: User) -> None:
    post = await author.write("Old")
    await author.patch(f"/posts/{post['id']}", {"slug": "新しい"}, if_match="*")

    moved = await api.nobody.get("/posts/by-slug/old?fields[post]=id")

    assert moved.status_code == 301
    assert moved.headers["location"] == (
        f"/api/v2/posts/by-slug/{quote('新しい')}?fields[post]=id"
    )
    assert f"post:{post['id']}" in moved.headers["cache-tag"].split(",")
    followed = await api.client.get(moved.headers["location"])
    assert followed.json() == {"id": post["id"]}


async def test_an_old_address_with_slashes_moves_too(api: ContentApi, author: User) -> None:
    post = await author.write("New")
    await api.pool.execute(
        "INSERT INTO slugs (slug, post_id, created_at) VALUES ('2019/05/鳥.html', $1, now())",
        post["id"],
    )

    moved = await api.nobody.get(f"/posts/by-slug/{quote('2019/05/鳥.html')}")

    assert (moved.status_code, moved.headers["location"]) == (
        301,
        "/api/v2/posts/by-slug/new",
    )


async def test_the_old_slug_of_a_draft_tells_nothing(api: ContentApi, author: User) -> None:
    post = await author.write("Old", status="draft")
    await author.patch(f"/posts/{post['id']}", {"slug": "new"}, if_match="*")

    assert (await api.nobody.get("/posts/by-slug/old")).status_code == 404
    assert (await api.nobody.get("/posts/by-slug/never")).status_code == 404


async def test_a_patch_needs_the_version_it_was_made_for(author: User) -> None:
    post = await author.write()
    path = f"/posts/{post['id']}"
    seen = (await author.get(path)).headers["etag"]

    without = await author.patch(path, {"title": "b"})
    first = await author.patch(path, {"title": "b"}, if_match=seen)
    second = await author.patch(path, {"title": "c"}, if_match=seen)

    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert (second.status_code, second.json()["code"]) == (412, "stale_version")
    assert (await author.patch(path, {}, if_match=second.headers["etag"])).status_code == 200


async def test_of_many_patches_with_one_entity_tag_one_wins(author: User) -> None:
    post = await author.write()
    path = f"/posts/{post['id']}"
    seen = (await author.get(path)).headers["etag"]

    answers = await asyncio.gather(
        *(author.patch(path, {"title": f"t{n}"}, if_match=seen) for n in range(10))
    )

    assert sorted(each.status_code for each in answers) == [200] + [412] * 9
    (won,) = [each.json() for each in answers if each.status_code == 200]
    assert (await author.get(path)).json() == won


async def test_a_patch_changes_what_it_names_and_clears_by_null(author: User) -> None:
    post = await author.write(
        excerpt="e", seo={"title": "t", "description": "d"}, tags=["a"], categories=["b"]
    )
    path = f"/posts/{post['id']}"

    async def patched(body: dict[str, Any]) -> dict[str, Any]:
        response = await author.patch(
            path, body, if_match="*", content_type="application/merge-patch+json"
        )
        assert response.status_code == 200, response.text
        return {
            name: value for name, value in response.json().items() if post[name] != value
        } | {"version": None, "updated_at": None}

    same = {"version": None, "updated_at": None}
    assert await patched({}) == same
    assert await patched({"excerpt": None}) == same | {"excerpt": None}
    changed = await patched({"seo": {"title": None}, "tags": []})
    assert changed["seo"] == {"title": None, "description": "d"}
    assert changed["tags"] == []
    changed = await patched({"seo": None, "categories": ["b", "C d"]})
    assert changed["seo"] == {"title": None, "description": None}
    assert [each["slug"] for each in changed["categories"]] == ["b", "c-d"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": None}, "/title"),
        ({"content": ""}, "/content"),
        ({"tags": None}, "/tags"),
        ({"slug": None}, "/slug"),
        ({"seo": {"titel": "x"}}, "/seo/titel"),
        ({"version": 3}, "/version"),
    ],
)
async def test_a_patch_is_held_to_the_rules(
    author: User, body: dict[str, Any], pointer: str
) -> None:
    post = await author.write()

    response = await author.patch(f"/posts/{post['id']}", body, if_match="*")

    assert response.status_code == 422
    assert [each["pointer"] for each in response.json()["errors"]] == [pointer]


async def test_publishing_and_unpublishing_answer_the_post(author: User) -> None:
    post = await author.write(status="draft")
    path = f"/posts/{post['id']}"

    published = await author.post(f"{path}/publish", if_match='"1"')
    stale = await author.post(f"{path}/publish", if_match='"1"')
    hidden = await author.post(f"{path}/unpublish")

    assert (published.status_code, published.json()["status"]) == (200, "published")
    assert published.headers["etag"].startswith('"2-')
    assert stale.status_code == 412
    assert (hidden.json()["status"], hidden.json()["published_at"]) == ("draft", None)


async def test_who_may_change_publish_and_delete(api: ContentApi, author: User) -> None:
    path = f"/posts/{(await author.write())['id']}"
    other = await api.user("bob")
    editor, admin = await api.user("eve", Role.EDITOR), await api.user("root", Role.ADMIN)

    assert (await other.patch(path, {}, if_match="*")).status_code == 403
    assert (await other.post(f"{path}/publish")).status_code == 403
    assert (await editor.patch(path, {}, if_match="*")).status_code == 200
    assert (await editor.post(f"{path}/unpublish")).status_code == 200
    assert (await editor.delete(path)).status_code == 403
    assert (await admin.delete(path)).status_code == 204


async def test_a_deleted_post_is_gone_and_its_slug_stays_taken(author: User) -> None:
    post = await author.write(slug="mine")
    path = f"/posts/{post['id']}"

    stale = await author.delete(path, if_match='"7"')
    deleted = await author.delete(path, if_match='"1"')

    assert stale.status_code == 412
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await author.get(path)).status_code == 404
    assert (await author.get("/posts/by-slug/mine")).status_code == 404
    again = await author.post("/posts", {"title": "t", "content": "c", "slug": "mine"})
    assert again.status_code == 409


async def test_text_of_every_script_comes_back_as_it_was(author: User) -> None:
    title = "𠮷野家 👩‍👩‍👧 हिन्दी عربي e\u0301"

    post = await author.write(title, content=title)

    assert (post["title"], post["content"]) == (title, title)


@pytest.mark.parametrize("raw", [NUL, '{"title":"\\ud800"}', "[]", ""])
async def test_what_cannot_be_stored_is_malformed(author: User, raw: str) -> None:
    response = await author.client.post(
        "/api/v2/posts",
        content=raw,
        headers=author.headers | {"content-type": "application/json"},
    )

    assert response.status_code == 400


async def test_a_post_sent_twice_with_one_key_is_written_once(author: User) -> None:
    body = {"title": "t", "content": "c"}

    first = await author.post("/posts", body, idempotency_key="k1")
    again = await author.post("/posts", body, idempotency_key="k1")

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
