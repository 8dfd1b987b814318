"""Comments over HTTP: written, read in threads, changed, judged, taken away."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from serinus.domain.identity.caller import Role
from tests.support.content_api import ContentApi, User, open_api

GUEST = {"author_name": "Bob", "author_email": "Bob@example.org"}


@pytest.fixture
async def reader(api: ContentApi) -> User:
    return await api.user("rob", Role.SUBSCRIBER)


@pytest.fixture
async def post(api: ContentApi) -> str:
    """Where the comments of its post are, which nobody of the others wrote."""
    author = await api.user("ada")
    return f"/posts/{(await author.write())['id']}/comments"


async def say(
    user: User, where: str, content: str = "Nice.", parent: dict[str, Any] | None = None
) -> dict[str, Any]:
    body = {"content": content} | ({"parent_id": parent["id"]} if parent else {})
    response = await user.post(where, body)
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    return told


async def listed(user: User, where: str, query: str = "") -> list[dict[str, Any]]:
    response = await user.get(f"{where}?{query}")
    assert response.status_code == 200, response.text
    told: list[dict[str, Any]] = response.json()["data"]
    return told


async def said(user: User, where: str, query: str = "") -> list[str | None]:
    return [each["content"] for each in await listed(user, where, query)]


def path(comment: dict[str, Any], action: str = "") -> str:
    return f"/comments/{comment['id']}{action}"


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def pointed(response: httpx.Response) -> set[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return {(each["pointer"], each["code"]) for each in response.json()["errors"]}


async def test_a_comment_waits_until_it_is_approved(
    api: ContentApi, editor: User, reader: User, post: str
) -> None:
    written = await reader.post(post, {"content": " <b>Nice.</b> "})
    comment = written.json()
    assert (written.status_code, written.headers["location"]) == (
        201,
        f"/api/v2{path(comment)}",
    )
    assert (comment["status"], comment["content"], comment["depth"]) == (
        "pending",
        " <b>Nice.</b> ",
        1,
    )
    assert comment["author"] == {
        "id": str(reader.id),
        "username": "rob",
        "name": "Rob Lovelace",
        "url": None,
    }
    assert await said(api.nobody, post) == []
    assert refused(await api.nobody.get(path(comment))) == (404, "comment_not_found")
    assert len(await said(reader, post)) == len(await said(editor, post)) == 1
    assert len(await said(editor, "/comments", "filter[status]=pending")) == 1
    assert (await reader.get(path(comment))).json() == comment

    approved = await editor.post(path(comment, "/approve"))

    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    assert approved.json()["version"] == 2
    assert await said(api.nobody, post) == [" <b>Nice.</b> "]
    read = await api.nobody.get(path(comment))
    assert read.headers["cache-control"].startswith("public")
    again = await api.nobody.get(path(comment), if_none_match=read.headers["etag"])
    assert again.status_code == 304


async def test_moderators_and_the_author_of_the_post_wait_for_nobody(
    api: ContentApi, editor: User
) -> None:
    author = await api.user("ada")
    where = f"/posts/{(await author.write())['id']}/comments"

    assert (await say(author, where))["status"] == "approved"
    assert (await say(editor, where))["status"] == "approved"


async def test_threads_are_read_depth_first_in_pages(
    api: ContentApi, editor: User, post: str
) -> None:
    a = await say(editor, post, "a")
    b = await say(editor, post, "b")
    await say(editor, post, "b1", b)
    a1 = await say(editor, post, "a1", a)
    await say(editor, post, "a2", a)
    await say(editor, post, "a1x", a1)

    first = (await api.nobody.get(f"{post}?limit=4&count=exact")).json()
    after = first["page"]["next"]
    second = (await api.nobody.get(f"{post}?limit=4&after={after}")).json()
    before = second["page"]["prev"]
    back = (await api.nobody.get(f"{post}?limit=4&before={before}")).json()

    shown = first["data"] + second["data"]
    assert [each["content"] for each in shown] == ["a", "a1", "a1x", "a2", "b", "b1"]
    assert [each["depth"] for each in shown] == [1, 2, 3, 2, 1, 2]
    assert [each["reply_count"] for each in shown] == [3, 1, 0, 0, 1, 0]
    assert (first["count"], second["page"]["next"]) == ({"value": 6, "exact": True}, None)
    assert back["data"] == first["data"]
    other = await editor.write()
    elsewhere = await api.nobody.get(f"/posts/{other['id']}/comments?limit=4&after={after}")
    assert refused(elsewhere) == (400, "cursor_mismatch")


async def test_comments_are_filtered_and_sorted(
    api: ContentApi, editor: User, post: str
) -> None:
    a = await say(editor, post, "a")
    await say(editor, post, "b")
    await say(editor, post, "a1", a)

    assert await said(api.nobody, post, "sort=created_at") == ["a", "b", "a1"]
    assert await said(api.nobody, post, "sort=-created_at&count=estimated") == ["a1", "b", "a"]
    tops = "filter[parent][null]=true"
    assert await said(api.nobody, post, tops) == ["a", "b"]
    assert await said(api.nobody, post, f"{tops}&sort=-thread") == ["b", "a"]
    assert await said(api.nobody, post, f"filter[parent]={a['id']}") == ["a1"]
    for slow in (
        "sort=created_at,thread",
        "filter[parent][null]=false",
        f"{tops}&sort=created_at",
    ):
        assert refused(await api.nobody.get(f"{post}?{slow}")) == (
            400,
            "unsupported_combination",
        )


@pytest.mark.parametrize("how", ["delete", "reject", "spam"])
async def test_what_is_gone_keeps_its_place_while_it_has_answers(
    api: ContentApi, editor: User, reader: User, post: str, how: str
) -> None:
    top = await say(editor, post, "top")
    gone = await say(editor, post, "gone", top)
    answer = await say(editor, post, "answer", gone)
    pending = await say(reader, post, "pending", gone)

    if how == "delete":
        assert (await editor.delete(path(gone))).status_code == 204
    else:
        await editor.post(path(gone, f"/{how}"))

    assert await said(api.nobody, post) == ["top", None, "answer"]
    assert await said(reader, post) == ["top", None, "answer", "pending"]
    assert await said(api.nobody, post, "sort=created_at") == ["top", "answer"]
    place = (await api.nobody.get(path(gone))).json()
    assert (place["status"], place["author"], place["content"]) == ("removed", None, None)
    assert (place["depth"], place["reply_count"]) == (2, 1)
    refusal = await reader.post(post, {"content": "x", "parent_id": gone["id"]})
    assert pointed(refusal) == {("/parent_id", "not_found")}

    await editor.delete(path(answer))
    assert await said(api.nobody, post) == ["top"]
    assert refused(await api.nobody.get(path(gone))) == (404, "comment_not_found")
    await editor.post(path(pending, "/approve"))
    assert await said(api.nobody, post) == ["top", None, "pending"]


async def test_an_answer_belongs_to_a_comment_that_its_writer_sees(
    api: ContentApi, editor: User, reader: User, post: str
) -> None:
    own = await say(reader, post, "own")
    hidden = await say(await api.user("tim", Role.SUBSCRIBER), post, "hidden")
    elsewhere = await say(editor, f"/posts/{(await editor.write())['id']}/comments")

    assert (await say(reader, post, "further", own))["depth"] == 2
    for parent in (hidden["id"], elsewhere["id"], str(uuid4())):
        refusal = await reader.post(post, {"content": "x", "parent_id": parent})
        assert pointed(refusal) == {("/parent_id", "not_found")}
    assert (await say(editor, post, "x", hidden))["parent_id"] == hidden["id"]
    assert await said(api.nobody, post) == [None, "x"]


async def test_threads_are_ten_deep_at_most(editor: User, post: str) -> None:
    comment = None
    for level in range(10):
        comment = await say(editor, post, f"level {level}", comment)
    assert comment

    deeper = await editor.post(post, {"content": "x", "parent_id": comment["id"]})

    assert comment["depth"] == 10
    assert pointed(deeper) == {("/parent_id", "too_deep")}


async def test_only_published_posts_are_commented_on(api: ContentApi, reader: User) -> None:
    author = await api.user("ada")
    draft = await author.write(status="draft")
    where = f"/posts/{draft['id']}/comments"
    body = {"content": "x"}

    assert refused(await author.post(where, body)) == (409, "comments_closed")
    assert refused(await reader.post(where, body)) == (404, "post_not_found")
    assert refused(await reader.get(where)) == (404, "post_not_found")
    assert refused(await reader.get(f"/posts/{uuid4()}/comments")) == (404, "post_not_found")
    assert await said(author, where) == []
    published = await author.write()
    comment = await say(author, f"/posts/{published['id']}/comments")
    await author.post(f"/posts/{published['id']}/unpublish")
    assert refused(await api.nobody.get(path(comment))) == (404, "comment_not_found")
    assert (await author.get(path(comment))).status_code == 200
    await author.delete(f"/posts/{published['id']}")
    assert refused(await author.get(path(comment))) == (404, "comment_not_found")
    gone = f"/posts/{published['id']}/comments"
    assert refused(await author.post(gone, body)) == (404, "post_not_found")


async def test_guests_write_only_where_they_may(
    pool: asyncpg.Pool, api: ContentApi, post: str
) -> None:
    body = {"content": "Hello.", **GUEST}

    refusal = await api.nobody.post(post, body)

    assert refused(refusal) == (401, "missing_credentials")
    assert await pool.fetchval("SELECT count(*) FROM comments") == 0


async def test_guests_sign_and_wait_and_only_moderators_see_their_address(
    pool: asyncpg.Pool,
) -> None:
    api = open_api(pool, guests_welcome=True)
    async with api.client:
        editor = await api.user("eve", Role.EDITOR)
        where = f"/posts/{(await editor.write())['id']}/comments"

        unsigned = await api.nobody.post(where, {"content": ""})
        wrong = {"author_name": "x" * 246, "author_email": "nobody", "author_url": "ftp://x.y"}
        odd = await api.nobody.post(where, {"content": "x", **wrong})
        untyped = await api.nobody.post(where, {"content": 1, **wrong})
        site = "https://bob.example.org/"
        body = {"content": "Hello.", **GUEST, "author_url": site}
        written = await api.nobody.post(where, body)

        assert {pointer for pointer, _ in pointed(unsigned)} == {
            "/content",
            "/author_name",
            "/author_email",
        }
        assert {pointer for pointer, _ in pointed(odd)} == {f"/{name}" for name in wrong}
        assert len(pointed(untyped)) == 4
        assert (written.status_code, written.json()["status"]) == (201, "pending")
        assert written.json()["content"] == "Hello."
        guest = {"id": None, "username": None, "name": "Bob", "url": site}
        assert written.json()["author"] == guest
        await editor.post(path(written.json(), "/approve"))
        assert (await listed(api.nobody, where))[0]["author"] == guest
        told = (await listed(editor, "/comments"))[0]["author"]
        assert told == guest | {"email": "bob@example.org"}


async def test_who_is_signed_in_signs_no_other_name(reader: User, post: str) -> None:
    refusal = await reader.post(post, {"content": "x", **GUEST})

    assert pointed(refusal) == {("/author_name", "not_allowed")}


async def test_nobody_says_the_same_twice_within_a_minute(
    api: ContentApi, pool: asyncpg.Pool, reader: User, editor: User, post: str
) -> None:
    await say(reader, post, "First!")

    assert refused(await reader.post(post, {"content": "First!"})) == (409, "duplicate_comment")
    await say(editor, post, "First!")
    api.now.reads += 60
    await say(reader, post, "First!")


async def test_so_many_comments_a_minute_and_no_more(pool: asyncpg.Pool) -> None:
    api = open_api(pool, comments_per_minute=2)
    async with api.client:
        editor, reader = await api.user("eve", Role.EDITOR), await api.user("rob")
        where = f"/posts/{(await editor.write())['id']}/comments"
        for content in ("a", "b"):
            await say(reader, where, content)

        refusal = await reader.post(where, {"content": "c"})

        assert refused(refusal) == (429, "rate_limited")
        assert int(refusal.headers["retry-after"]) >= 1
        await say(editor, where)


async def test_links_are_few_unless_a_moderator_gives_them(
    reader: User, editor: User, post: str
) -> None:
    flood = "https://example.org " * 11

    assert pointed(await reader.post(post, {"content": flood})) == {("/content", "too_many")}
    await say(editor, post, flood)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/content"}),
        ({"content": " \n"}, {"/content"}),
        ({"content": "x" * 10_001, "contnet": "x"}, {"/content", "/contnet"}),
        ({"content": 1, "parent_id": "x"}, {"/content", "/parent_id"}),
    ],
)
async def test_everything_wrong_with_a_comment_is_told(
    reader: User, post: str, body: dict[str, Any], pointers: set[str]
) -> None:
    assert {at for at, _ in pointed(await reader.post(post, body))} == pointers


async def test_who_wrote_it_changes_it_for_some_time(
    api: ContentApi, reader: User, editor: User, post: str
) -> None:
    comment = await say(reader, post, "Nice")
    assert (await reader.patch(path(comment), {"content": "x"})).status_code == 428
    changed = await reader.patch(path(comment), {"content": "Nice!"}, if_match='"1"')
    assert (changed.json()["content"], changed.json()["version"]) == ("Nice!", 2)
    stale = await reader.patch(path(comment), {"content": "x"}, if_match='"1"')
    assert refused(stale) == (412, "stale_version")
    await editor.post(path(comment, "/approve"))

    unchanged = await reader.patch(path(comment), {}, if_match="*")
    edited = await reader.patch(path(comment), {"content": "Spam!"}, if_match="*")

    assert unchanged.json()["status"] == "approved"
    assert edited.json()["status"] == "pending"
    await editor.post(path(comment, "/approve"))
    api.now.reads += 15 * 60
    late = await reader.patch(path(comment), {"content": "x"}, if_match="*")
    assert refused(late) == (403, "insufficient_permissions")
    by_editor = await editor.patch(path(comment), {"content": "Nice."}, if_match="*")
    assert (by_editor.json()["status"], by_editor.json()["content"]) == ("approved", "Nice.")
    assert pointed(await editor.patch(path(comment), {"content": ""}, if_match="*"))


async def test_comments_are_changed_by_nobody_else(
    api: ContentApi, reader: User, editor: User, post: str
) -> None:
    other = await api.user("tim", Role.SUBSCRIBER)
    comment = await say(reader, post)

    async def tried() -> set[int]:
        answers = [
            await other.patch(path(comment), {"content": "x"}, if_match="*"),
            await other.delete(path(comment)),
        ]
        return {answer.status_code for answer in answers}

    assert await tried() == {404}
    await editor.post(path(comment, "/approve"))
    assert await tried() == {403}
    assert (await api.nobody.delete(path(comment))).status_code == 401
    for action in ("/approve", "/reject", "/spam"):
        assert (await reader.post(path(comment, action))).status_code == 403
    assert (await reader.get("/comments")).status_code == 403
    assert (await reader.delete(path(comment))).status_code == 204
    assert (await reader.delete(path(comment))).status_code == 404


async def test_judging_again_changes_nothing_but_the_version(
    api: ContentApi, reader: User, editor: User, post: str
) -> None:
    comment = await say(reader, post)
    for action, status, version in (
        ("/spam", "spam", 2),
        ("/spam", "spam", 3),
        ("/approve", "approved", 4),
    ):
        answer = await editor.post(path(comment, action))
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert answer.json()["version"] == version

    stale = await editor.post(path(comment, "/reject"), if_match='"3"')

    assert refused(stale) == (412, "stale_version")
    assert refused(await editor.post(f"/comments/{uuid4()}/spam")) == (404, "comment_not_found")


async def test_moderators_have_a_queue(
    api: ContentApi, reader: User, editor: User, post: str
) -> None:
    *_, newest = [await say(reader, post, content) for content in ("a", "b", "c", "d")]
    await editor.post(path(newest, "/spam"))
    other = await editor.write()
    await say(editor, f"/posts/{other['id']}/comments", "e")
    where = "/comments"

    assert await said(editor, where) == ["e", "d", "c", "b", "a"]
    assert await said(editor, where, "filter[status]=pending&sort=created_at") == [
        "a",
        "b",
        "c",
    ]
    assert await said(editor, where, "filter[status][in]=spam,approved") == ["e", "d"]
    assert await said(editor, where, "filter[status][ne]=pending") == ["e", "d"]
    assert await said(editor, where, f"filter[post]={other['id']}") == ["e"]
    assert await said(editor, where, f"filter[author]={reader.id}&limit=2") == ["d", "c"]
    assert await said(editor, where, "filter[status]=rejected&count=exact") == []
    both = f"filter[post]={other['id']}&filter[author]={reader.id}"
    refusal = await editor.get(f"{where}?{both}")
    assert refused(refusal) == (400, "unsupported_combination")
    first = (await editor.get(f"{where}?limit=3&count=estimated")).json()
    after = first["page"]["next"]
    rest = await said(editor, where, f"limit=3&after={after}")
    assert (first["count"]["value"], rest) == (5, ["b", "a"])


async def test_html_is_made_on_request_and_is_safe(api: ContentApi, editor: User) -> None:
    where = f"/posts/{(await editor.write())['id']}/comments"
    content = (
        "**Look** <script>alert(1)</script> [here](https://example.org)\n# not a heading\n"
        "[there](javascript:alert(2)) ![p](https://example.org/p.png)"
    )
    comment = await say(editor, where, content)

    shown = (await api.nobody.get(f"{path(comment)}?fields[comment]=html")).json()

    assert set(shown) == {"html"}
    assert "<strong>Look</strong> &lt;script&gt;alert(1)&lt;/script&gt;" in shown["html"]
    rel = 'rel="nofollow ugc noopener noreferrer"'
    assert f'<a href="https://example.org" {rel}>here</a>' in shown["html"]
    for unwanted in ('javascript:alert(2)"', "<img", "<h1", "<script"):
        assert unwanted not in shown["html"]
    assert "html" not in (await api.nobody.get(path(comment))).json()
    assert "html" in (await listed(api.nobody, where, "include=html"))[0]


async def test_caches_are_told_what_comments_depend_on(
    api: ContentApi, reader: User, editor: User, post: str
) -> None:
    comment = await say(editor, post)
    post_id = post.split("/")[2]
    tags = f"comments:{post_id},post:{post_id},user:{editor.id}"

    for where in (post, path(comment)):
        assert (await api.nobody.get(where)).headers["cache-tag"] == tags
        assert (await reader.get(where)).headers["cache-control"] == "private, no-store"
