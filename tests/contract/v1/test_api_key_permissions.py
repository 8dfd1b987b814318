"""What a key is good for: each permission against each operation, within the owner's role."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, data, refusal
from tests.contract.v1.keys import (
    BAD_KEY,
    FORBIDDEN,
    NO_TOKEN,
    PERMISSIONS,
    POST,
    holding,
    planted,
    program,
)

WITH_SESSION_ONLY = [
    ("GET", "/api-keys"),
    ("POST", "/api-keys"),
    ("DELETE", f"/api-keys/{UUID(int=1)}"),
    ("DELETE", "/api-keys/x"),
    ("GET", "/auth/profile"),
    ("POST", "/auth/logout"),
]


@pytest.mark.parametrize(("method", "path"), WITH_SESSION_ONLY)
async def test_where_keys_and_sessions_are_managed_a_key_counts_for_nothing(
    http: httpx.AsyncClient, people: People, method: str, path: str
) -> None:
    script = await program(await people.a(Role.SUPER_ADMIN), *PERMISSIONS)

    assert refusal(await script.send(method, path)) == NO_TOKEN
    assert refusal(await http.request(method, path)) == NO_TOKEN
    for wrong in ("srn_x", ""):
        answer = await http.request(method, path, headers={"X-API-Key": wrong})
        assert refusal(answer) == NO_TOKEN
    answer = await http.request(method, path, headers={"Authorization": "Bearer x"})
    assert refusal(answer) == BAD_KEY


async def test_signing_in_takes_no_notice_of_a_key(http: httpx.AsyncClient) -> None:
    answer = await http.post("/auth/login", json={}, headers={"X-API-Key": "srn_x"})

    assert answer.status_code == 422


NO_POST = f"/posts/{UUID(int=1)}"
NO_USER = f"/users/{UUID(int=1)}"
# Every operation that asks who is there: what a key needs for it, and a body it accepts.
OPERATIONS: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("GET", "/posts", "posts:read", None),
    ("GET", NO_POST, "posts:read", None),
    ("GET", "/posts/tag/birds", "posts:read", None),
    ("GET", "/tags", "posts:read", None),
    ("GET", f"{NO_USER}/posts", "posts:read", None),
    ("GET", "/admin/posts", "posts:read", None),
    ("POST", "/posts", "posts:write", POST),
    ("POST", "/posts", "posts:write", POST | {"published": True}),
    ("PUT", NO_POST, "posts:write", {}),
    ("PUT", NO_POST, "posts:write", {"published": True}),
    ("DELETE", NO_POST, "posts:write", None),
    ("POST", f"{NO_POST}/publish", "posts:write", None),
    ("POST", "/admin/posts", "posts:write", POST),
    ("POST", "/admin/posts", "posts:write", POST | {"published": True}),
    ("DELETE", f"/admin{NO_POST}", "posts:write", None),
    ("GET", "/users", "users:read", None),
    ("GET", NO_USER, "users:read", None),
    ("PUT", NO_USER, "users:write", {}),
    ("DELETE", NO_USER, "users:write", None),
    ("POST", f"{NO_USER}/role", "users:write", {"role": "Editor"}),
    ("POST", "/search/reindex", "search:reindex", None),
]
TAKES_NO_KEY = {"auth", "api-keys"}
TAKES_ANYBODY = {"", "info", "health", "search"}


async def served(http: httpx.AsyncClient) -> set[tuple[str, str]]:
    told = (await http.get("/info")).json()["endpoints"]
    return {
        tuple(each.removeprefix("/").split(" /api/v1", 1))
        for each in told
        if not each.endswith("/metrics")  # answered before any engine is chosen
    }


def as_told(path: str) -> str:
    return path.replace(str(UUID(int=1)), "{id}").replace("birds", "{tag}")


@pytest.mark.parametrize("permission", PERMISSIONS)
async def test_a_key_may_do_what_its_permission_says_and_no_more(
    http: httpx.AsyncClient, people: People, permission: str
) -> None:
    boss = await people.a(Role.SUPER_ADMIN)
    script = await program(boss, permission)
    every_other = await program(boss, *(each for each in PERMISSIONS if each != permission))
    here = await served(http)

    for method, path, needed, body in OPERATIONS:
        if (method, as_told(path)) in here:
            sent = {} if body is None else {"json": body}
            allowed = await script.send(method, path, **sent)
            assert (allowed.status_code == 403) is (needed != permission), (method, path)
            rest = await every_other.send(method, path, **sent)
            assert (rest.status_code == 403) is (needed == permission), (method, path)
            if needed == permission:
                assert refusal(rest) == FORBIDDEN


async def test_every_operation_says_what_a_key_needs_for_it(http: httpx.AsyncClient) -> None:
    known = {(method, as_told(path)) for method, path, _, _ in OPERATIONS}
    asks = {
        (method, path)
        for method, path in await served(http)
        if path.strip("/").partition("/")[0] not in TAKES_NO_KEY | TAKES_ANYBODY
    }

    assert asks <= known


@pytest.mark.parametrize(("method", "path", "needed", "body"), OPERATIONS)
async def test_what_cannot_be_read_is_refused_before_what_is_not_allowed(
    http: httpx.AsyncClient,
    people: People,
    method: str,
    path: str,
    needed: str,
    body: dict[str, Any] | None,
) -> None:
    if (method, as_told(path)) not in await served(http):
        pytest.skip("this operation is not served yet")
    rest = [each for each in PERMISSIONS if each != needed]
    script = await program(await people.a(Role.SUPER_ADMIN), *rest)
    pages = method == "GET" and path not in {NO_POST, NO_USER, "/admin/posts"}

    bad_id = path.replace(str(UUID(int=1)), "x")
    if bad_id != path:
        assert refusal(await script.send(method, bad_id)) == (400, "Invalid id")
    if pages:
        answer = await script.get(path, page="x")
        assert refusal(answer) == (400, "Invalid query parameter: page")
    if body is not None:
        answer = await script.send(method, path, content=b"{")
        assert answer.status_code == 415
        answer = await script.send(method, path, json=[])
        assert refusal(answer) == (400, "Expected a JSON object")


async def test_a_key_does_what_its_owner_may_do(people: People) -> None:
    author, reader = await people.a(), await people.a(Role.SUBSCRIBER)
    script = await program(author, "posts:read", "posts:write")

    draft = await script.wrote("By a program", tags=["birds"])
    assert draft["author_id"] == str(author.id)
    assert data(await script.get(f"/posts/{draft['id']}")) == draft
    assert refusal(await reader.get(f"/posts/{draft['id']}"))[0] == 404
    published = data(await script.post(f"/posts/{draft['id']}/publish"))
    assert published["status"] == "published"
    assert data(await script.put(f"/posts/{draft['id']}", title="Changed"))
    assert data(await script.delete(f"/posts/{draft['id']}"))


@pytest.mark.parametrize(
    ("role", "writes", "publishes"),
    [
        (Role.SUBSCRIBER, False, False),
        (Role.CONTRIBUTOR, True, False),
        (Role.AUTHOR, True, True),
    ],
)
async def test_a_key_cannot_do_what_the_role_of_its_owner_lacks(
    people: People, role: Role, *, writes: bool, publishes: bool
) -> None:
    script = await program(await people.a(role), *PERMISSIONS)

    written = await script.post("/posts", **POST)
    published = await script.post("/posts", **POST, published=True)

    assert (written.status_code == 201, published.status_code == 201) == (writes, publishes)
    for answer in (written, published):
        assert answer.status_code == 201 or refusal(answer) == FORBIDDEN


async def test_a_key_gains_and_loses_with_the_role_of_its_owner(
    people: People, pool: asyncpg.Pool
) -> None:
    ada = await people.a(Role.SUBSCRIBER)
    script = await program(ada, "posts:write")
    assert refusal(await script.post("/posts", **POST)) == FORBIDDEN

    await pool.execute("UPDATE users SET role = 'author' WHERE id = $1", ada.id)
    assert data(await script.post("/posts", **POST), 201)

    await pool.execute("UPDATE users SET role = 'subscriber' WHERE id = $1", ada.id)
    assert refusal(await script.post("/posts", **POST)) == FORBIDDEN


async def test_a_key_that_may_write_but_not_publish_writes_drafts(
    people: People, pool: asyncpg.Pool
) -> None:
    ada = await people.a()
    writing = holding(ada, await planted(pool, ada, "posts:write"))
    publishing = holding(ada, await planted(pool, ada, "posts:publish"))
    draft = await writing.wrote()
    path = f"/posts/{draft['id']}"

    assert refusal(await writing.post("/posts", **POST, published=True)) == FORBIDDEN
    assert refusal(await writing.put(path, published=True)) == FORBIDDEN
    assert refusal(await writing.post(f"{path}/publish")) == FORBIDDEN
    assert data(await writing.put(path, published=False))["status"] == "draft"
    assert refusal(await publishing.post(f"{path}/publish")) == FORBIDDEN
    assert refusal(await publishing.post("/posts", **POST)) == FORBIDDEN
    both = holding(ada, await planted(pool, ada, "posts:publish", "posts:write"))
    assert data(await both.post(f"{path}/publish"))["status"] == "published"


async def test_a_key_without_any_word_of_this_contract_may_do_nothing(
    people: People, pool: asyncpg.Pool
) -> None:
    boss = await people.a(Role.SUPER_ADMIN)
    script = holding(boss, await planted(pool, boss, "comments:write", "release:override"))

    assert refusal(await script.get("/tags")) == FORBIDDEN
    assert refusal(await script.get("/posts")) == FORBIDDEN
