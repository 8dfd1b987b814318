"""Many writes in one request: all or none, or each on its own."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from serinus.domain.identity.caller import Role
from tests.support.content_api import ContentApi, User

NEW = {"title": "New", "content": "c", "tags": ["a"]}
LATER = "2030-06-01T00:00:00Z"


async def batch(user: User, *operations: object, atomic: bool | None = None) -> Any:
    body = {"operations": operations} | ({} if atomic is None else {"atomic": atomic})
    return await user.post("/posts/batch", body)


def op(name: str, post: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"op": name, "id": post["id"], **members}


async def stored(pool: asyncpg.Pool) -> list[tuple[str, str, int]]:
    rows = await pool.fetch("SELECT slug, status, version FROM posts ORDER BY slug")
    return [(row["slug"], row["status"], row["version"]) for row in rows]


@pytest.mark.parametrize("atomic", [True, False])
async def test_every_operation_does_what_it_does_alone(author: User, *, atomic: bool) -> None:
    first, second = await author.write("First"), await author.write("Second", status="draft")

    answer = await batch(
        author,
        {"op": "create", "data": {**NEW, "status": "published"}},
        op("update", first, version=1, data={"title": "Changed", "tags": ["b"]}),
        op("unpublish", first),
        op("schedule", second, data={"at": LATER}),
        op("publish", second, version=2),
        op("archive", second),
        op("restore", second),
        op("delete", second),
        op("restore", second),
        atomic=atomic,
    )

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told["applied"] == 9
    assert [(each["status"], each["version"]) for each in told["results"]] == [
        (201, 1),
        (200, 2),
        (200, 3),
        (200, 2),
        (200, 3),
        (200, 4),
        (200, 5),
        (204, 6),
        (200, 7),
    ]
    created, changed, *_, deleted, restored = told["results"]
    assert created["data"]["status"] == "published"
    assert "content" not in created["data"]
    assert (changed["data"]["title"], changed["data"]["tags"][0]["name"]) == ("Changed", "b")
    assert "data" not in deleted
    assert (
        restored["data"] | {"content": second["content"]}
        == (await author.get(f"/posts/{second['id']}")).json()
    )


@pytest.mark.parametrize(
    ("failing", "code"),
    [
        ({"op": "update", "version": 7, "data": {}}, "stale_version"),
        ({"op": "update", "version": 1, "data": {"slug": "second"}}, "slug_taken"),
        ({"op": "schedule", "data": {"at": LATER}}, "already_published"),
        ({"op": "restore"}, "nothing_to_restore"),
        ({"op": "delete", "id": str(uuid4())}, "post_not_found"),
        ({"op": "create", "data": {**NEW, "slug": "second"}}, "slug_taken"),
    ],
)
async def test_of_an_atomic_batch_nothing_stays_when_one_operation_fails(
    author: User, pool: asyncpg.Pool, failing: dict[str, Any], code: str
) -> None:
    first, _ = await author.write("First"), await author.write("Second")
    before = await stored(pool)
    if failing["op"] != "create":
        failing = {"id": first["id"]} | failing

    answer = await batch(author, {"op": "create", "data": NEW}, failing, op("archive", first))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "batch_refused")
    assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [
        ("/operations/1", code)
    ]
    assert await stored(pool) == before
    assert await pool.fetchval("SELECT count(*) FROM tags") == 0
    alone = await batch(author, {"op": "create", "data": NEW}, failing, atomic=False)
    created, refused = alone.json()["results"]
    assert (created["status"], alone.json()["applied"]) == (201, 1)
    assert refused["status"] == refused["error"]["status"]
    assert refused["error"]["code"] == code
    assert "data" not in refused


async def test_a_stale_operation_says_which_version_there_is(author: User) -> None:
    post = await author.write()
    stale = op("update", post, version=3, data={"title": "x"})

    atomic, alone = await batch(author, stale), await batch(author, stale, atomic=False)

    assert atomic.json()["errors"][0]["params"] == {"version": 1}
    (result,) = alone.json()["results"]
    assert (result["status"], result["id"], result["version"]) == (412, post["id"], 1)


@pytest.mark.parametrize("atomic", [True, False])
async def test_all_that_is_wrong_with_the_bodies_is_told_before_anything_is_written(
    author: User, pool: asyncpg.Pool, *, atomic: bool
) -> None:
    some = str(uuid4())
    answer = await batch(
        author,
        {"op": "create", "data": NEW},
        {"op": "create", "data": {"title": "", "content": 1, "seo": {"titel": "x"}}},
        {"op": "update", "id": "x", "data": {"seo": {"title": "x" * 61}}},
        {"op": "explode", "id": some},
        {"id": some},
        {"op": "schedule", "id": some, "data": {"at": "2029-01-01T00:00:00Z"}},
        {"op": "delete", "id": some, "data": {}},
        {"op": "create", "data": {**NEW, "tags": ["x" * 51]}},
        3,
        atomic=atomic,
    )

    assert answer.status_code == 422, answer.text
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == {
        ("/operations/1/data/content", "invalid_type"),
        ("/operations/1/data/title", "required"),
        ("/operations/1/data/seo/titel", "unknown_member"),
        ("/operations/2/id", "invalid_format"),
        ("/operations/2/version", "required"),
        ("/operations/2/data/seo/title", "too_long"),
        ("/operations/3/op", "not_allowed"),
        ("/operations/4/op", "required"),
        ("/operations/6/data", "unknown_member"),
        ("/operations/7/data/tags", "invalid_length"),
        ("/operations/8", "invalid_type"),
    }
    assert await stored(pool) == []


async def test_rules_are_told_where_all_types_are_right(
    author: User, pool: asyncpg.Pool
) -> None:
    answer = await batch(
        author,
        {"op": "create", "data": NEW},
        {"op": "create", "data": {**NEW, "seo": {"description": "x" * 161}}},
        {"op": "schedule", "id": str(uuid4()), "data": {"at": "2029-01-01T00:00:00Z"}},
        atomic=False,
    )

    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/operations/1/data/seo/description", "too_long"),
        ("/operations/2/data/at", "too_early"),
    ]
    assert await stored(pool) == []


@pytest.mark.parametrize(("count", "code"), [(0, "required"), (101, "too_many")])
async def test_a_batch_has_1_to_100_operations(author: User, count: int, code: str) -> None:
    answer = await batch(author, *[{"op": "create", "data": NEW}] * count)

    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/operations", code)
    ]


async def test_a_hundred_posts_of_one_title_are_written_at_once(
    author: User, pool: asyncpg.Pool
) -> None:
    answer = await batch(author, *[{"op": "create", "data": NEW}] * 100)

    assert answer.json()["applied"] == 100
    assert len(await stored(pool)) == 100


async def test_rights_are_those_of_the_single_operations(api: ContentApi, author: User) -> None:
    draft, shown = await author.write(status="draft"), await author.write()
    stranger, reader = await api.user("bob"), await api.user("eve", Role.SUBSCRIBER)
    contributor = await api.user("carl", Role.CONTRIBUTOR)

    refused = await batch(
        stranger, op("publish", draft), op("archive", shown), op("delete", shown), atomic=False
    )
    drafts = await batch(
        contributor,
        {"op": "create", "data": NEW},
        {"op": "create", "data": {**NEW, "status": "published"}},
        atomic=False,
    )

    assert [each["status"] for each in refused.json()["results"]] == [404, 403, 403]
    assert [each["status"] for each in drafts.json()["results"]] == [201, 403]
    assert (await batch(reader, {"op": "create", "data": NEW})).status_code == 403
    assert (await batch(api.nobody, {"op": "create", "data": NEW})).status_code == 401


async def test_a_batch_sent_twice_with_one_key_is_done_once(
    author: User, pool: asyncpg.Pool
) -> None:
    body = {"operations": [{"op": "create", "data": NEW}]}

    first = await author.post("/posts/batch", body, idempotency_key="k")
    again = await author.post("/posts/batch", body, idempotency_key="k")

    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert len(await stored(pool)) == 1
