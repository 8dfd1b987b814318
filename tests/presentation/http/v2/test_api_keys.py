"""API keys over contract v2: made, listed, taken back."""

from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.identity.api_keys import ALL_SCOPES, MAX_KEYS
from serinus.domain.identity.caller import Role
from tests.support.whole_v2 import Client, Clock, problem

KEYS, ME = "/api/v2/api-keys", "/api/v2/users/me"
DEPLOY = {"name": "Deploy", "scopes": ["posts:write", "posts:read"]}
NO_KEY = f"{KEYS}/0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11"


@pytest.fixture
async def ada(client: Client) -> Client:
    return await client.register()


@pytest.fixture
async def admin(client: Client, pool: asyncpg.Pool) -> Client:
    root = await client.register("root")
    await pool.execute("UPDATE users SET role = $1 WHERE username = 'root'", Role.ADMIN)
    return root


async def a_key(owner: Client, **members: Any) -> dict[str, Any]:
    answer = await owner.post(KEYS, DEPLOY | members)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_key_is_shown_once_and_lets_a_program_in(client: Client, ada: Client) -> None:
    made = await ada.post(KEYS, DEPLOY | {"expires_at": "2031-01-01T09:00:00+09:00"})

    told = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"{KEYS}/{told['id']}")
    assert made.headers["cache-control"] == "private, no-store"
    assert "etag" not in made.headers
    key = told.pop("key")
    assert told == {
        "id": told["id"],
        "user_id": ada.signed_in["user"]["id"],
        "name": "Deploy",
        "scopes": ["posts:write", "posts:read"],
        "created_at": "2030-01-01T12:00:00Z",
        "expires_at": "2031-01-01T00:00:00Z",
        "last_used_at": None,
    }
    script = Client(client.http, {"x-api-key": key})
    assert (await script.get("/api/v2/posts")).status_code == 200
    read = await ada.get(made.headers["location"])
    assert read.json() == told | {"last_used_at": "2030-01-01T12:00:00Z"}
    listed = await ada.get(KEYS)
    assert listed.json()["data"] == [read.json()]
    assert key not in read.text + listed.text
    assert listed.headers["cache-control"] == "private, no-store"


async def test_the_newest_keys_come_first_and_cursors_lead_to_the_rest(
    ada: Client, clock: Clock
) -> None:
    for number in range(5):
        await a_key(ada, name=str(number))
        clock.advance(seconds=number % 2)
    query = f"{KEYS}?limit=2&fields[api_key]=name&count=exact"

    first = (await ada.get(query)).json()
    second = (await ada.get(f"{query}&after={first['page']['next']}")).json()
    back = (await ada.get(f"{query}&before={second['page']['prev']}")).json()

    assert [key["name"] for key in first["data"] + second["data"]] == ["4", "3", "2", "1"]
    assert first["count"] == {"value": 5, "exact": True}
    assert back["data"] == first["data"]


async def test_a_key_that_was_taken_back_is_gone_at_once(client: Client, ada: Client) -> None:
    made = await a_key(ada)
    script = Client(client.http, {"x-api-key": made["key"]})
    path = f"{KEYS}/{made['id']}"

    gone = await ada.delete(path)

    assert (gone.status_code, gone.content) == (204, b"")
    problem(await script.get("/api/v2/posts"), 401, "invalid_token")
    problem(await ada.get(path), 404, "api_key_not_found")
    problem(await ada.delete(path), 404, "api_key_not_found")
    assert (await ada.get(KEYS)).json()["data"] == []


async def test_keys_of_others_are_not_there(client: Client, ada: Client) -> None:
    path = f"{KEYS}/{(await a_key(ada))['id']}"
    eve = await client.register("eve")

    problem(await eve.get(path), 404, "api_key_not_found")
    problem(await eve.delete(path), 404, "api_key_not_found")
    assert (await eve.get(KEYS)).json()["data"] == []
    others = f"{KEYS}?filter[user]={ada.signed_in['user']['id']}"
    problem(await eve.get(others), 403, "insufficient_permissions")
    assert len((await ada.get(others)).json()["data"]) == 1


async def test_administrators_look_after_the_keys_of_others(ada: Client, admin: Client) -> None:
    made = await a_key(ada)
    others = f"{KEYS}?filter[user]={ada.signed_in['user']['id']}"

    listed = (await admin.get(others)).json()["data"]

    assert [key["id"] for key in listed] == [made["id"]]
    assert (await admin.get(f"{KEYS}/{made['id']}")).json() == listed[0]
    assert (await admin.get(KEYS)).json()["data"] == []
    assert (await admin.delete(f"{KEYS}/{made['id']}")).status_code == 204
    assert (await ada.get(KEYS)).json()["data"] == []
    assert (await admin.get(f"{KEYS}?filter[user]={uuid7()}")).json()["data"] == []


@pytest.mark.parametrize(
    ("members", "errors"),
    [
        ({"name": " ", "scopes": []}, [("/name", "required"), ("/scopes", "required")]),
        ({"name": "n" * 101}, [("/name", "too_long")]),
        ({"scopes": ["posts:read", "post:write"]}, [("/scopes/1", "not_allowed")]),
        ({"scopes": "posts:read"}, [("/scopes", "invalid_type")]),
        (
            {"scopes": None, "nmae": "x"},
            [("/nmae", "unknown_member"), ("/scopes", "invalid_type")],
        ),
        ({"expires_at": "2030-01-01T12:00:00Z"}, [("/expires_at", "not_allowed")]),
        ({"expires_at": "2040-01-03T12:00:00Z"}, [("/expires_at", "not_allowed")]),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, [("/expires_at", "not_allowed")]),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, [("/expires_at", "not_allowed")]),
        ({"expires_at": "2031-01-01T12:00:00"}, [("/expires_at", "invalid_format")]),
        (
            {"expires_at": "soon", "name": ""},
            [("/expires_at", "invalid_format"), ("/name", "required")],
        ),
    ],
)
async def test_everything_wrong_with_a_key_is_told(
    ada: Client, members: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    told = problem(await ada.post(KEYS, DEPLOY | members), 422, "validation_failed")

    assert [(each["pointer"], each["code"]) for each in told["errors"]] == errors


async def test_a_scope_that_there_is_not_names_the_one_that_was_meant(ada: Client) -> None:
    answer = await ada.post(KEYS, {"name": "n", "scopes": ["post:read"]})

    (error,) = problem(answer, 422, "validation_failed")["errors"]
    assert error["params"]["nearest"] == "posts:read"
    assert set(error["params"]["allowed"]) == ALL_SCOPES


async def test_an_account_has_a_hundred_keys_at_most(pool: asyncpg.Pool, ada: Client) -> None:
    made = await a_key(ada)
    await pool.execute(
        """
        INSERT INTO api_keys (id, user_id, name, key_hash, scopes, created_at)
        SELECT gen_random_uuid(), user_id, name, key_hash, scopes, created_at
          FROM api_keys CROSS JOIN generate_series(2, $1)
        """,
        MAX_KEYS,
    )

    problem(await ada.post(KEYS, DEPLOY), 409, "too_many_api_keys")
    assert (await ada.delete(f"{KEYS}/{made['id']}")).status_code == 204
    assert (await ada.post(KEYS, DEPLOY)).status_code == 201


async def test_a_key_asked_for_twice_is_one_key_and_is_not_kept_readably(
    pool: asyncpg.Pool, ada: Client
) -> None:
    asking = ada.sends(idempotency_key="deploy-1")

    first, again = await asking.post(KEYS, DEPLOY), await asking.post(KEYS, DEPLOY)

    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["cache-control"] == "private, no-store"
    assert len((await ada.get(KEYS)).json()["data"]) == 1
    (kept,) = await pool.fetch("SELECT headers, body FROM idempotency_keys")
    secret = first.json()["key"].encode()
    assert secret not in kept["body"]
    assert secret.decode() not in str(kept["headers"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", KEYS, None),
        ("GET", NO_KEY, None),
        ("POST", KEYS, DEPLOY),
        ("DELETE", NO_KEY, None),
    ],
)
async def test_no_key_makes_or_sees_or_takes_back_keys(
    client: Client, ada: Client, method: str, path: str, body: Any
) -> None:
    made = await a_key(ada, scopes=sorted(ALL_SCOPES))
    script = Client(client.http, {"x-api-key": made["key"]})

    problem(await script.send(method, path, body), 403, "insufficient_permissions")
    problem(await client.send(method, path, body), 401, "missing_credentials")
