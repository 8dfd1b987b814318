"""Scheduling, archiving, restoring, and the list of what was deleted, over HTTP."""

from typing import Any

import httpx
import pytest

from serinus.domain.identity.caller import Role
from tests.support.content_api import ContentApi, User

SOON, PAST = "2030-01-02T21:00:00+09:00", "2029-12-31T12:00:00Z"


async def written(user: User, **members: Any) -> str:
    answer = await user.post("/posts", {"title": "t", "content": "c", **members})
    return f"/posts/{answer.json()['id']}"


async def listed(user: User, query: str = "") -> list[str]:
    answer = await user.get(f"/posts?filter[deleted]=true{query}")
    assert answer.status_code == 200, answer.text
    return [f"/posts/{post['id']}" for post in answer.json()["data"]]


def told(answer: httpx.Response) -> tuple[Any, ...]:
    body = answer.json()
    return tuple(body.get(name) for name in ("status", "published_at", "scheduled_at"))


async def test_a_post_is_scheduled_moved_and_taken_back(author: User) -> None:
    path = await written(author)

    scheduled = await author.post(f"{path}/schedule", {"at": SOON})
    moved = await author.post(f"{path}/schedule", {"at": "2030-01-03T00:00:00Z"})
    back = await author.post(f"{path}/unpublish")

    assert told(scheduled) == ("scheduled", None, "2030-01-02T12:00:00Z")
    assert scheduled.headers["etag"].startswith('"2-')
    assert told(moved) == ("scheduled", None, "2030-01-03T00:00:00Z")
    assert told(back) == ("draft", None, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"at": PAST}, "too_early"),
        ({"at": "2050-01-01T00:00:00Z"}, "too_late"),
        ({"at": "2030-01-02T00:00:00"}, "invalid_format"),
        ({"at": "tomorrow"}, "invalid_format"),
        ({"at": 1}, "invalid_type"),
        ({}, "required"),
        ({"at": SOON, "zone": "Asia/Tokyo"}, "unknown_member"),
    ],
)
async def test_a_time_that_will_not_do_is_refused(
    author: User, body: dict[str, Any], code: str
) -> None:
    path = await written(author)

    answer = await author.post(f"{path}/schedule", body)

    assert answer.status_code == 422, answer.text
    assert [each["code"] for each in answer.json()["errors"]] == [code]


async def test_what_is_published_is_not_scheduled(author: User) -> None:
    path = await written(author, status="published")

    answer = await author.post(f"{path}/schedule", {"at": SOON})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_published")


async def test_an_archived_post_is_hidden_and_comes_back_with_its_date(
    api: ContentApi, author: User
) -> None:
    path = await written(author, status="published")
    date = (await author.get(path)).json()["published_at"]
    reader = await api.user("bob", Role.SUBSCRIBER)

    archived = await author.post(f"{path}/archive")
    hidden = await reader.get(path)
    restored = await author.post(f"{path}/restore")

    assert told(archived) == ("archived", date, None)
    assert hidden.status_code == 404
    assert told(restored) == ("published", date, None)
    assert (await reader.get(path)).status_code == 200


async def test_a_deleted_post_is_listed_and_comes_back(api: ContentApi, author: User) -> None:
    path, kept = await written(author, status="published"), await written(author)
    reader = await api.user("bob", Role.SUBSCRIBER)
    assert (await author.delete(path)).status_code == 204

    assert await listed(author) == [path]
    assert await listed(author, "&sort=-updated_at&count=exact") == [path]
    assert await listed(reader) == []
    for visit in (author.get(path), author.post(f"{path}/publish"), reader.get(path)):
        assert (await visit).status_code == 404
    restored = await author.post(f"{path}/restore")

    assert (restored.status_code, restored.json()["version"]) == (200, 3)
    assert (await reader.get(path)).status_code == 200
    assert await listed(author) == []
    nothing = await author.post(f"{kept}/restore")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_restore")


async def test_editors_see_what_all_deleted_and_administrators_bring_it_back(
    api: ContentApi, author: User
) -> None:
    path = await written(author, status="published", tags=["a"])
    await author.delete(path)
    stranger, editor, admin = (
        await api.user("bob"),
        await api.user("eve", Role.EDITOR),
        await api.user("root", Role.ADMIN),
    )

    assert await listed(editor) == [path]
    assert await listed(editor, "&sort=title") == [path]
    assert await listed(stranger) == []
    assert (await api.client.get("/api/v2/posts?filter[deleted]=true")).json()["data"] == []
    assert (await stranger.post(f"{path}/restore")).status_code == 404
    assert (await editor.post(f"{path}/restore")).status_code == 403
    assert (await admin.post(f"{path}/restore")).status_code == 200


async def test_an_action_on_an_older_version_is_refused(author: User) -> None:
    path = await written(author)
    await author.patch(path, {"title": "new"}, if_match="*")

    for action, body in (("schedule", {"at": SOON}), ("archive", None), ("restore", None)):
        answer = await author.post(f"{path}/{action}", body, if_match='"1"')
        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version"), action


async def test_whether_something_is_deleted_is_true_or_false(author: User) -> None:
    answer = await author.get("/posts?filter[deleted]=maybe")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
