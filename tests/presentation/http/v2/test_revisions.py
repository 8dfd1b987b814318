"""What a post was, over HTTP: the list, one of them, two of them compared, and going back."""

from typing import Any
from uuid import uuid4

import pytest

from serinus.domain.identity.caller import Role
from tests.support.content_api import ContentApi, User

LONG = [f"line {number}" for number in range(3000)]


async def edited(user: User, *patches: dict[str, Any], **members: Any) -> str:
    """The path of a post with one version more than patches."""
    post = await user.write(**{"content": "one\ntwo\nthree", "tags": ["a"]} | members)
    path = f"/posts/{post['id']}"
    for patch in patches:
        answer = await user.patch(path, patch, if_match="*")
        assert answer.status_code == 200, answer.text
    return path


async def test_every_version_is_listed_newest_first_with_what_changed(author: User) -> None:
    path = await edited(
        author, {"title": "New", "seo": {"title": "s"}}, {"content": "カナリア"}
    )
    await author.post(f"{path}/unpublish")

    answer = await author.get(f"{path}/revisions?count=exact")

    told = answer.json()
    assert [(each["number"], each["changed"]) for each in told["data"]] == [
        (4, ["status", "published_at"]),
        (3, ["content"]),
        (2, ["title", "seo"]),
        (1, None),
    ]
    assert told["data"][1] == {
        "number": 3,
        "at": "2030-01-01T12:00:03Z",
        "by": {"id": str(author.id), "username": "ada", "name": "Ada Lovelace"},
        "via": "v2",
        "title": "New",
        "content_bytes": 12,
        "changed": ["content"],
    }
    assert told["count"] == {"value": 4, "exact": True}
    assert answer.headers["cache-control"] == "private, no-store"


async def test_pages_and_members_are_chosen_as_in_every_list(author: User) -> None:
    path = await edited(author, {"title": "b"}, {"title": "c"})

    first = (await author.get(f"{path}/revisions?limit=2&fields[revision]=number")).json()
    rest = (await author.get(f"{path}/revisions?limit=2&after={first['page']['next']}")).json()
    oldest = (await author.get(f"{path}/revisions?sort=number&limit=1")).json()

    assert first["data"] == [{"number": 3}, {"number": 2}]
    assert [each["number"] for each in rest["data"]] == [1]
    assert rest["page"]["next"] is None
    assert [each["number"] for each in oldest["data"]] == [1]


async def test_a_cursor_is_good_for_one_post(author: User) -> None:
    path, other = await edited(author, {"title": "b"}), await edited(author, {"title": "b"})
    cursor = (await author.get(f"{path}/revisions?limit=1")).json()["page"]["next"]

    answer = await author.get(f"{other}/revisions?limit=1&after={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_mismatch")


async def test_a_revision_is_the_post_as_it_was_read_then(author: User) -> None:
    path = await edited(author, categories=["News"], excerpt="e")
    then = (await author.get(path)).json()
    await author.patch(path, {"title": "x", "tags": ["b"], "slug": "y"}, if_match="*")
    await author.post(f"{path}/archive")

    answer = await author.get(f"{path}/revisions/1")

    assert answer.json()["post"] == then
    assert (await author.get(f"{path}/revisions/3")).json()["post"] == (
        await author.get(path)
    ).json()
    assert "diff" not in answer.json()


async def test_two_revisions_are_compared(author: User) -> None:
    path = await edited(
        author,
        {"title": "New", "content": "one\n2\nthree\n", "tags": ["b"], "seo": {"title": "s"}},
    )

    diff = (await author.get(f"{path}/revisions/2?against=1")).json()["diff"]
    back = (await author.get(f"{path}/revisions/1?against=2")).json()["diff"]
    same = (await author.get(f"{path}/revisions/2?against=2")).json()["diff"]

    assert diff["against"] == 1
    assert diff["content"] == "@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+"
    assert list(diff["members"]) == ["title", "tags", "seo"]
    assert diff["members"]["title"] == {"before": "Canaries sing", "after": "New"}
    assert back["members"]["title"] == {"before": "New", "after": "Canaries sing"}
    assert [tag["name"] for tag in diff["members"]["tags"]["after"]] == ["b"]
    assert same == {"against": 2, "members": {}, "content": None, "content_cut": False}


async def test_long_texts_are_compared_beside_other_requests(author: User) -> None:
    changed = [*LONG[:1500], "another", *LONG[1501:]]
    path = await edited(author, {"content": "\n".join(changed)}, content="\n".join(LONG))

    diff = (await author.get(f"{path}/revisions/2?against=1")).json()["diff"]

    assert "-line 1500\n+another\n" in diff["content"]
    assert diff["content_cut"] is False


async def test_going_back_makes_a_new_version_and_keeps_slug_and_state(author: User) -> None:
    path = await edited(
        author,
        {"title": "New", "content": "c", "tags": ["b"], "categories": [], "slug": "new"},
        categories=["Field notes"],
    )
    await author.post(f"{path}/archive")
    first = (await author.get(f"{path}/revisions/1")).json()["post"]

    stale = await author.post(f"{path}/revisions/1/restore", if_match='"2"')
    answer = await author.post(f"{path}/revisions/1/restore", if_match='"3"')

    assert stale.status_code == 412
    assert answer.status_code == 200
    told = answer.json()
    changing = {"slug", "status", "version", "updated_at", "published_at"}
    assert {name for name in told if told[name] != first[name]} <= changing
    assert (told["slug"], told["status"], told["version"]) == ("new", "archived", 4)
    assert answer.headers["etag"].startswith('"4-')


async def test_who_may_not_change_a_post_does_not_see_what_it_was(
    api: ContentApi, author: User
) -> None:
    path = await edited(author, {"title": "b"})
    draft = await edited(author, status="draft")
    stranger, reader = await api.user("bob"), await api.user("eve", Role.SUBSCRIBER)
    editor = await api.user("edith", Role.EDITOR)

    for of, who, status in (
        (path, stranger, 403),
        (path, reader, 403),
        (draft, stranger, 404),
        (draft, reader, 403),
        (path, api.nobody, 401),
        (draft, editor, 200),
    ):
        assert (await who.get(f"{of}/revisions")).status_code == status
        assert (await who.get(f"{of}/revisions/1")).status_code == status
        assert (await who.post(f"{of}/revisions/1/restore")).status_code == status


async def test_what_is_not_there_is_not_found(author: User) -> None:
    path = await edited(author)

    for missing, code in (
        (f"{path}/revisions/2", "revision_not_found"),
        (f"{path}/revisions/0", "revision_not_found"),
        (f"{path}/revisions/1?against=9", "revision_not_found"),
        (f"/posts/{uuid4()}/revisions", "post_not_found"),
        (f"/posts/{uuid4()}/revisions/1", "post_not_found"),
    ):
        answer = await author.get(missing)
        assert (answer.status_code, answer.json()["code"]) == (404, code), missing
    restored = await author.post(f"{path}/revisions/2/restore")
    assert (restored.status_code, restored.json()["code"]) == (404, "revision_not_found")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/revisions/99999999999999999999", 404),
        ("/revisions/x", 404),
        ("/revisions/1?against=0", 400),
        ("/revisions/1?against=-1", 400),
        ("/revisions/1?against=99999999999", 400),
        ("/revisions/1?agianst=1", 400),
        ("/revisions?sort=title", 400),
        ("/revisions?filter[by]=x", 400),
    ],
)
async def test_what_cannot_be_meant_is_refused(author: User, path: str, status: int) -> None:
    post = await edited(author)

    answer = await author.get(f"{post}{path}")

    assert answer.status_code == status, answer.text
