"""/api-keys: making, listing and taking back keys, and what a key is good for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.identity.api_keys import ApiKeyId, key_hash, raw_key
from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, problems, refusal
from tests.contract.v1.engines import Engine, other, serving

BAD_KEY = (401, "Invalid or expired token.")
NO_TOKEN = (401, "Missing or malformed authorization header.")
FORBIDDEN = (403, "Insufficient permissions")
NOT_FOUND = (404, "API key not found")
TOO_MANY = (409, "Too many API keys")
PERMISSIONS = ["posts:read", "posts:write", "users:read", "users:write", "search:reindex"]
INFO = ["id", "name", "permissions", "user_id", "created_at", "expires_at", "last_used_at"]
NO_NAME = ("name", "Name must be between 1 and 100 characters")
NO_PERMISSION = ("permissions", "At least one permission is required")
UNKNOWN_PERMISSION = (
    "permissions",
    f"Permission must be one of {', '.join(PERMISSIONS)}",
)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def there(engine: Engine, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The other engine, on the same database."""
    async with serving(other(engine), database_url) as http:
        yield http


async def made(person: Person, *permissions: str, name: str = "Deploy") -> dict[str, Any]:
    """A new key as it is answered."""
    body = {"name": name, "permissions": list(permissions) or ["posts:read"]}
    created: dict[str, Any] = data(await person.post("/api-keys", **body), 201)
    return created


def holding(person: Person, raw: str) -> Person:
    """A program that shows the key instead of a token."""
    return Person(
        person.id, person.username, person.session_id, person.http, {"X-API-Key": raw}
    )


async def program(person: Person, *permissions: str) -> Person:
    return holding(person, (await made(person, *permissions))["raw_key"])


async def planted(pool: asyncpg.Pool, person: Person, *scopes: str, **columns: Any) -> str:
    """A key as another contract may have made it."""
    key_id = ApiKeyId(uuid7())
    raw = raw_key(key_id, key_id.int)
    row = {
        "id": key_id,
        "user_id": person.id,
        "name": "Planted",
        "key_hash": key_hash(raw),
        "scopes": list(scopes or ("posts:read",)),
        "created_at": LONG_AGO,
        **columns,
    }
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    statement = f"INSERT INTO api_keys ({', '.join(row)}) VALUES ({places})"  # noqa: S608 - ours
    await pool.execute(statement, *row.values())
    return raw


async def last_use(pool: asyncpg.Pool) -> datetime | None:
    """Of the only key there is."""
    used: datetime | None = await pool.fetchval("SELECT last_used_at FROM api_keys")
    return used


async def test_a_new_key_is_shown_once_with_what_is_known_of_it(people: People) -> None:
    ada = await people.a(Role.SUBSCRIBER)

    created = await made(ada, "users:read", "posts:write", name="  Deploy 金糸雀 ")

    assert list(created) == ["api_key", "raw_key"]
    key = created["api_key"]
    assert list(key) == INFO
    assert key["name"] == "Deploy 金糸雀"
    assert key["permissions"] == ["users:read", "posts:write"]
    assert key["user_id"] == str(ada.id)
    assert key["created_at"].endswith("Z")
    assert len(key["created_at"]) == len("2026-01-01T00:00:00.000000Z")
    assert key["expires_at"] is None
    assert key["last_used_at"] is None
    prefix, key_id, secret = created["raw_key"].split("_")
    assert (prefix, key_id, len(secret)) == ("srn", UUID(key["id"]).hex, 49)
    assert data(await ada.get("/api-keys")) == [key]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [NO_NAME, NO_PERMISSION]),
        ({"name": None, "permissions": None}, [NO_NAME, NO_PERMISSION]),
        ({"name": "", "permissions": []}, [NO_NAME, NO_PERMISSION]),
        ({"name": " \t\n\u3000", "permissions": ["posts:read"]}, [NO_NAME]),
        ({"name": "n" * 101, "permissions": ["posts:read"]}, [NO_NAME]),
        ({"name": "鳥" * 101, "permissions": ["posts:read"]}, [NO_NAME]),
        ({"name": "", "permissions": ["admin"]}, [NO_NAME, UNKNOWN_PERMISSION]),
        ({"name": "n", "permissions": [""]}, [UNKNOWN_PERMISSION]),
        ({"name": "n", "permissions": ["posts:read", "nothing"]}, [UNKNOWN_PERMISSION]),
        ({"name": "n", "permissions": ["Posts:Read"]}, [UNKNOWN_PERMISSION]),
        ({"name": "n", "permissions": [" posts:read"]}, [UNKNOWN_PERMISSION]),
        # Scopes of contract v2 are no permissions of this one.
        ({"name": "n", "permissions": ["posts:publish"]}, [UNKNOWN_PERMISSION]),
        ({"name": "n", "permissions": ["users:admin"]}, [UNKNOWN_PERMISSION]),
        ({"name": "n", "permissions": ["release:override"]}, [UNKNOWN_PERMISSION]),
    ],
)
async def test_a_key_needs_a_name_and_permissions_that_exist(
    people: People, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    ada = await people.a()

    assert problems(await ada.post("/api-keys", **body)) == expected
    assert data(await ada.get("/api-keys")) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 1, "permissions": ["posts:read"]}, "name"),
        ({"name": ["n"], "permissions": "posts:read"}, "name"),
        ({"name": "n", "permissions": "posts:read"}, "permissions"),
        ({"name": "", "permissions": [1]}, "permissions"),
        ({"name": "n", "permissions": ["posts:read", None]}, "permissions"),
        ({"name": "n", "permissions": {"posts:read": True}}, "permissions"),
        ({"permissions": [["posts:read"]]}, "permissions"),
    ],
)
async def test_members_of_another_type_are_malformed(
    people: People, body: dict[str, Any], field: str
) -> None:
    ada = await people.a()

    answer = await ada.post("/api-keys", **body)

    assert refusal(answer) == (400, f"Invalid type for field: {field}")


@pytest.mark.parametrize(
    "name",
    ["n", "n" * 100, "鳥" * 100, "🐤" * 100, "e\u0301" * 50, "<b>&amp;</b>", "a\nb", "'; --"],
)
async def test_a_name_is_kept_as_it_was_given(people: People, name: str) -> None:
    ada = await people.a()

    created = await made(ada, name=f" {name} ")

    assert created["api_key"]["name"] == name
    assert [key["name"] for key in data(await ada.get("/api-keys"))] == [name]


async def test_permissions_keep_their_order_and_are_there_once(people: People) -> None:
    ada = await people.a()

    created = await made(ada, *PERMISSIONS[::-1], *PERMISSIONS)

    assert created["api_key"]["permissions"] == PERMISSIONS[::-1]
    many = await made(ada, *["posts:write"] * 1000)
    assert many["api_key"]["permissions"] == ["posts:write"]


@pytest.mark.parametrize(
    ("scopes", "shown"),
    [
        (["posts:write"], ["posts:write"]),
        (["posts:publish"], []),
        (["comments:write", "search:admin", "users:admin"], ["search:reindex", "users:write"]),
        (["users:read", "posts:publish", "posts:read"], ["users:read", "posts:read"]),
    ],
)
async def test_of_other_scopes_those_are_shown_that_have_a_word_here(
    people: People, pool: asyncpg.Pool, scopes: list[str], shown: list[str]
) -> None:
    ada = await people.a()
    await planted(pool, ada, *scopes)

    assert data(await ada.get("/api-keys"))[0]["permissions"] == shown


async def test_keys_are_listed_newest_first_for_their_owner_alone(
    people: People, pool: asyncpg.Pool
) -> None:
    ada, eve = await people.a(), await people.a(Role.SUPER_ADMIN)
    ids = [UUID(int=number) for number in (3, 1, 4, 2)]
    for place, key_id in enumerate(ids):
        at = LONG_AGO + timedelta(minutes=place // 2)
        await planted(pool, ada, id=key_id, created_at=at)
    newest = await made(ada)
    others = await made(eve)

    def listed(answer: httpx.Response) -> list[str]:
        return [key["id"] for key in data(answer)]

    expected = [str(UUID(int=number)) for number in (4, 2, 3, 1)]
    assert listed(await ada.get("/api-keys")) == [newest["api_key"]["id"], *expected]
    assert listed(await eve.get("/api-keys")) == [others["api_key"]["id"]]
    assert data(await (await people.a()).get("/api-keys")) == []


async def test_an_expiry_made_elsewhere_is_shown_and_holds(
    people: People, pool: asyncpg.Pool
) -> None:
    ada = await people.a()
    past = await planted(pool, ada, expires_at=LONG_AGO + timedelta(seconds=1))
    ahead = await planted(pool, ada, expires_at=datetime.now(UTC) + timedelta(hours=1))

    shown = data(await ada.get("/api-keys"))

    assert "2026-01-01T00:00:01.000000Z" in {key["expires_at"] for key in shown}
    assert refusal(await holding(ada, past).get("/tags")) == BAD_KEY
    assert data(await holding(ada, ahead).get("/tags"))


async def test_a_key_that_was_revoked_is_gone_at_once(people: People) -> None:
    ada = await people.a()
    created = await made(ada)
    script = holding(ada, created["raw_key"])
    path = f"/api-keys/{created['api_key']['id']}"
    assert data(await script.get("/tags"))

    assert data(await ada.delete(path)) == {"message": "API key revoked"}

    assert refusal(await script.get("/tags")) == BAD_KEY
    assert data(await ada.get("/api-keys")) == []
    assert refusal(await ada.delete(path)) == NOT_FOUND


async def test_nobody_revokes_what_is_not_theirs(people: People) -> None:
    ada, admin = await people.a(), await people.a(Role.SUPER_ADMIN)
    created = await made(ada)

    answer = await admin.delete(f"/api-keys/{created['api_key']['id']}")

    assert refusal(answer) == NOT_FOUND
    assert refusal(await admin.delete(f"/api-keys/{uuid7()}")) == NOT_FOUND
    assert data(await holding(ada, created["raw_key"]).get("/tags"))


@pytest.mark.parametrize("bad", ["x", "1", "%20", str(UUID(int=1)) + "x", UUID(int=1).hex])
async def test_the_id_of_a_key_is_a_uuid(people: People, bad: str) -> None:
    assert refusal(await (await people.a()).delete(f"/api-keys/{bad}")) == (400, "Invalid id")


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
POST = {"title": "t", "content": "c"}
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
    return {tuple(each.removeprefix("/").split(" /api/v1", 1)) for each in told}


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


async def test_what_is_no_live_key_is_refused(people: People, pool: asyncpg.Pool) -> None:
    ada = await people.a()
    raw = (await made(ada))["raw_key"]
    key_id = ApiKeyId(UUID(raw.split("_")[1]))
    wrong = {
        "": "empty",
        "srn_x": "malformed",
        raw[:-1]: "shortened",
        raw[:-1] + ("0" if raw[-1] != "0" else "1"): "mistyped",
        raw.upper(): "in upper case",
        raw + "0": "lengthened",
        f"Bearer {raw}": "with a scheme",
        f"{raw}, {raw}": "twice",
        raw_key(ApiKeyId(uuid7()), 1): "unknown",
        raw_key(key_id, 1): "of the right id, with another secret",
        await planted(pool, ada, revoked_at=LONG_AGO): "revoked",
        await planted(pool, ada, expires_at=datetime.now(UTC)): "expired",
        "\u00e9": "not ASCII",
    }

    for shown, why in wrong.items():
        headers: Any = {"X-API-Key": shown.encode("latin-1")}
        answer = await people.http.get("/tags", headers=headers)
        assert refusal(answer) == BAD_KEY, why
    assert await pool.fetchval("SELECT count(last_used_at) FROM api_keys") == 0
    assert data(await holding(ada, f"  {raw}\t ").get("/tags"))


async def test_the_keys_of_an_inactive_owner_rest(people: People, pool: asyncpg.Pool) -> None:
    ada = await people.a()
    script = await program(ada)
    await pool.execute("UPDATE users SET is_active = false WHERE id = $1", ada.id)

    assert refusal(await script.get("/tags")) == BAD_KEY
    assert await last_use(pool) is None

    await pool.execute("UPDATE users SET is_active = true WHERE id = $1", ada.id)
    assert data(await script.get("/tags"))


async def test_a_key_outlives_the_session_that_made_it(people: People) -> None:
    ada = await people.a()
    script = await program(ada)

    data(await ada.post("/auth/logout"))

    assert data(await script.get("/tags"))


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE sessions SET ended_at = now(), end_reason = 'password_changed'",
        "UPDATE users SET is_active = false",
        "UPDATE sessions SET expires_at = now()",
    ],
)
async def test_a_session_that_ends_while_the_body_is_sent_makes_no_key(
    people: People, pool: asyncpg.Pool, meanwhile: str
) -> None:
    ada = await people.a()

    async def body() -> AsyncIterator[bytes]:
        yield b'{"name": "For later",'
        await pool.execute(meanwhile)
        yield b' "permissions": ["posts:read"]}'

    answer = await ada.send(
        "POST", "/api-keys", content=body(), headers={"Content-Type": "application/json"}
    )

    assert refusal(answer) == BAD_KEY
    assert await pool.fetchval("SELECT count(*) FROM api_keys") == 0


async def test_beside_an_authorization_a_key_is_not_looked_at(
    people: People, pool: asyncpg.Pool
) -> None:
    reader, boss = await people.a(Role.SUBSCRIBER), await people.a(Role.SUPER_ADMIN)
    raw = (await made(boss, *PERMISSIONS))["raw_key"]

    async def status(authorization: str, **request: Any) -> tuple[int, str]:
        headers = {"Authorization": authorization, "X-API-Key": raw}
        return refusal(await reader.http.post("/posts", headers=headers, **request, json=POST))

    assert await status(reader.headers["Authorization"]) == FORBIDDEN
    assert await status("Bearer x") == BAD_KEY
    assert await status("Basic eDp5") == NO_TOKEN
    assert await status("") == NO_TOKEN
    assert await last_use(pool) is None
    headers = {**boss.headers, "X-API-Key": "srn_x"}
    assert data(await reader.http.post("/posts", headers=headers, json=POST), 201)


async def test_the_first_of_several_keys_counts(people: People) -> None:
    raw = (await made(await people.a()))["raw_key"]

    def shown(*keys: str) -> Any:
        return [("X-API-Key", key) for key in keys]

    assert data(await people.http.get("/tags", headers=shown(raw, "srn_x")))
    assert refusal(await people.http.get("/tags", headers=shown("srn_x", raw))) == BAD_KEY


async def test_a_use_is_noted_once_a_minute(people: People, pool: asyncpg.Pool) -> None:
    ada = await people.a()
    script = await program(ada)
    before = datetime.now(UTC)

    data(await script.get("/tags"))
    first = await last_use(pool)
    data(await script.get("/tags"))

    assert first is not None
    assert before <= first <= datetime.now(UTC)
    assert await last_use(pool) == first
    shown = data(await ada.get("/api-keys"))[0]["last_used_at"]
    assert datetime.fromisoformat(shown) == first
    await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '55 s'")
    almost = await last_use(pool)
    data(await script.get("/tags"))
    assert await last_use(pool) == almost
    await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '60 s'")
    data(await script.get("/tags"))
    moved = await last_use(pool)
    assert moved is not None
    assert moved > first


async def test_a_use_that_comes_to_nothing_is_noted_as_well(
    people: People, pool: asyncpg.Pool
) -> None:
    script = await program(await people.a(), "posts:read")

    assert refusal(await script.post("/posts", **POST)) == FORBIDDEN

    assert await last_use(pool) is not None


async def test_many_uses_at_once_are_one_note(people: People, pool: asyncpg.Pool) -> None:
    script = await program(await people.a())
    await pool.execute(
        """
        CREATE TABLE notes (at timestamptz);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO notes VALUES (NEW.last_used_at); RETURN NULL; END $$;
        CREATE TRIGGER noted AFTER UPDATE ON api_keys
          FOR EACH ROW EXECUTE FUNCTION note();
        """
    )

    answers = await asyncio.gather(*(script.get("/tags") for _ in range(30)))

    assert {answer.status_code for answer in answers} == {200}
    assert await pool.fetchval("SELECT count(*) FROM notes") == 1


async def test_a_hundred_keys_are_enough(people: People, pool: asyncpg.Pool) -> None:
    ada, eve = await people.a(), await people.a()
    for _ in range(98):
        await planted(pool, ada)
    await planted(pool, ada, expires_at=LONG_AGO + timedelta(days=1))
    await planted(pool, ada, revoked_at=LONG_AGO)
    await planted(pool, eve)

    last = await made(ada)

    body = {"name": "n", "permissions": ["posts:read"]}
    assert refusal(await ada.post("/api-keys", **body)) == TOO_MANY
    assert problems(await ada.post("/api-keys", name="")) == [NO_NAME, NO_PERMISSION]
    assert len(data(await ada.get("/api-keys"))) == 100
    data(await ada.delete(f"/api-keys/{last['api_key']['id']}"))
    await made(ada)
    await made(eve)


async def test_a_hundred_keys_are_enough_for_those_in_a_hurry_too(
    people: People, pool: asyncpg.Pool, there: httpx.AsyncClient
) -> None:
    """Whichever engine each of them asks."""
    ada = await people.a()
    for _ in range(97):
        await planted(pool, ada)
    body = {"name": "n", "permissions": ["posts:read"]}

    answers = await asyncio.gather(
        *(person.post("/api-keys", **body) for person in (ada, ada.at(there)) for _ in range(8))
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 3 + [409] * 13
    assert all(refusal(a) == TOO_MANY for a in answers if a.status_code == 409)
    assert await pool.fetchval("SELECT count(*) FROM api_keys") == 100


async def test_a_key_of_one_engine_is_a_key_of_the_other(
    people: People, there: httpx.AsyncClient
) -> None:
    ada = await people.a()
    created = await made(ada, *PERMISSIONS)
    script = holding(ada, created["raw_key"])
    data(await script.get("/tags"))

    assert data(await script.at(there).get("/tags"))
    assert data(await script.at(there).post("/posts", **POST), 201)
    listed = data(await ada.get("/api-keys"))
    assert data(await ada.at(there).get("/api-keys")) == listed
    assert data(await ada.at(there).delete(f"/api-keys/{created['api_key']['id']}"))

    assert refusal(await script.get("/tags")) == BAD_KEY
    assert refusal(await script.at(there).get("/tags")) == BAD_KEY


async def test_the_key_itself_is_kept_nowhere(
    people: People,
    pool: asyncpg.Pool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    ada = await people.a()
    created = await made(ada, *PERMISSIONS)
    raw = created["raw_key"]
    secret = raw.split("_")[2]
    script = holding(ada, raw)
    data(await script.get("/tags"))
    await script.wrote()
    listed = await ada.get("/api-keys")
    revoked = await ada.delete(f"/api-keys/{created['api_key']['id']}")
    refused = await script.get("/tags")
    await pool.execute("ALTER TABLE api_keys RENAME TO elsewhere")
    failed = await script.get("/tags")

    assert failed.status_code == 500
    for answer in (listed, revoked, refused, failed):
        assert secret not in answer.text + str(answer.headers)
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    stored = [await pool.fetch(f'SELECT t::text FROM "{name}" t') for (name,) in tables]  # noqa: S608 - names from the catalogue
    assert raw.split("_")[1] in str(stored).replace("-", "")
    assert secret not in str(stored)
    assert raw.encode().hex() not in str(stored)
    assert secret not in caplog.text
    assert secret not in "".join(capfd.readouterr())
