"""What a program with an API key may do over contract v2."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.application.identity.api_keys import KeyRing
from serinus.domain.identity.api_keys import ALL_SCOPES
from serinus.domain.identity.caller import UserId
from serinus.infrastructure.postgres.api_keys import PostgresApiKeys
from tests.support.identity import PASSWORD
from tests.support.whole_v2 import Client, Clock, problem

NOBODYS = UUID("0198a6a0-0000-7000-8000-00000000000b")
POSTS, TAGS, ME = "/api/v2/posts", "/api/v2/tags", "/api/v2/users/me"
USERS = "/api/v2/users"
NO_POST, NO_TAG, NO_USER = (f"{base}/{NOBODYS}" for base in (POSTS, TAGS, USERS))
POST = {"title": "Canaries sing", "content": "They do."}
FORBIDDEN = (403, "insufficient_permissions")


@pytest.fixture
async def boss(client: Client, pool: asyncpg.Pool) -> Client:
    boss = await client.register("boss")
    await pool.execute("UPDATE users SET role = 'super_admin'")
    return boss


@pytest.fixture
def key_ring(pool: asyncpg.Pool, clock: Clock) -> KeyRing:
    return KeyRing(PostgresApiKeys(pool), clock, uuid7, lambda: 1)


async def program(key_ring: KeyRing, owner: Client, *scopes: str) -> Client:
    owner_id = UserId(owner.signed_in["user"]["id"])
    issued = await key_ring.issue(owner_id, name="n", scopes=scopes)
    return Client(owner.http, {"x-api-key": issued.raw})


# Every operation that a key is good for, with what it needs and a body that it accepts.
OPERATIONS: list[tuple[str, str, set[str], Any]] = [
    ("GET", POSTS, {"posts:read"}, None),
    ("GET", NO_POST, {"posts:read"}, None),
    ("GET", f"{POSTS}/by-slug/nothing", {"posts:read"}, None),
    ("POST", POSTS, {"posts:write"}, POST),
    ("POST", POSTS, {"posts:write", "posts:publish"}, POST | {"status": "published"}),
    ("PATCH", NO_POST, {"posts:write"}, {"title": "Changed"}),
    ("DELETE", NO_POST, {"posts:write"}, None),
    ("POST", f"{NO_POST}/publish", {"posts:write", "posts:publish"}, None),
    ("POST", f"{NO_POST}/unpublish", {"posts:write", "posts:publish"}, None),
    ("GET", TAGS, {"posts:read"}, None),
    ("GET", NO_TAG, {"posts:read"}, None),
    ("POST", TAGS, {"taxonomy:write"}, {"name": "birds"}),
    ("PATCH", NO_TAG, {"taxonomy:write"}, {"name": "birds"}),
    ("DELETE", NO_TAG, {"taxonomy:write"}, None),
    ("POST", f"{NO_TAG}/merge", {"taxonomy:write"}, {"into": str(NOBODYS)}),
    ("GET", ME, {"users:read"}, None),
    ("PATCH", ME, {"users:admin"}, {"first_name": "Ada"}),
    ("GET", USERS, {"users:read"}, None),
    ("GET", NO_USER, {"users:read"}, None),
    ("POST", USERS, {"users:admin"}, {"username": "eve", "email": "eve@example.org"}),
    ("PATCH", NO_USER, {"users:admin"}, {"first_name": "Ada"}),
    ("DELETE", NO_USER, {"users:admin"}, None),
]


@pytest.mark.parametrize(("method", "path", "needed", "body"), OPERATIONS)
async def test_a_key_needs_the_scopes_of_what_it_does(
    boss: Client, key_ring: KeyRing, method: str, path: str, needed: set[str], body: Any
) -> None:
    enough = await program(key_ring, boss, *needed)
    answer = await enough.sends(if_match='"1"').send(method, path, body)
    assert answer.status_code not in {401, 403}, answer.text

    for missing in needed:
        rest = await program(key_ring, boss, *(ALL_SCOPES - {missing}))
        answer = await rest.sends(if_match='"1"').send(method, path, body)
        problem(answer, *FORBIDDEN)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v2/auth/logout", None),
        ("GET", f"{ME}/sessions", None),
        ("DELETE", f"{ME}/sessions/{NOBODYS}", None),
        ("PATCH", ME, {"password": "nine-blue-boats", "current_password": PASSWORD}),
        ("PATCH", ME, {"password": "nine-blue-boats", "current_password": "wrong"}),
        ("PATCH", ME, {"password": "nine-blue-boats"}),
        ("PATCH", NO_USER, {"password": "nine-blue-boats"}),
    ],
)
async def test_no_key_is_good_for_sessions_and_passwords(
    boss: Client, key_ring: KeyRing, method: str, path: str, body: Any
) -> None:
    script = await program(key_ring, boss, *ALL_SCOPES)

    answer = await script.sends(if_match='"1"').send(method, path, body)

    problem(answer, *FORBIDDEN)
    assert (await boss.get(ME)).status_code == 200


async def test_what_the_public_may_read_a_key_must_be_given_all_the_same(
    boss: Client, key_ring: KeyRing
) -> None:
    """A key that shows more than nobody sees would be good for more than it says."""
    script = await program(key_ring, boss, "users:read")

    assert (await Client(boss.http).get(TAGS)).status_code == 200
    problem(await script.get(TAGS), *FORBIDDEN)


async def test_a_key_sees_the_drafts_of_its_owner(boss: Client, key_ring: KeyRing) -> None:
    writing = await program(key_ring, boss, "posts:write", "posts:read")
    written = await writing.post(POSTS, POST)

    answer = await writing.get(written.headers["location"])

    assert answer.json()["author"]["username"] == "boss"
    assert answer.headers["cache-control"].startswith("private")


async def test_a_key_that_does_not_hold_is_refused_where_none_is_needed(
    boss: Client, key_ring: KeyRing, clock: Clock
) -> None:
    issued = await key_ring.issue(
        UserId(boss.signed_in["user"]["id"]),
        name="n",
        scopes=["posts:read"],
        expires_at=clock() + timedelta(minutes=1),
    )
    script = Client(boss.http, {"x-api-key": issued.raw})
    assert (await script.get(POSTS)).status_code == 200

    clock.advance(minutes=1)

    answer = await script.get(POSTS)
    problem(answer, 401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_token_counts_beside_a_key(boss: Client) -> None:
    assert (await boss.sends(x_api_key="srn_x").get(ME)).status_code == 200
    nobody = Client(boss.http, {"authorization": "Bearer x", "x-api-key": "srn_x"})
    problem(await nobody.get(ME), 401, "invalid_token")


async def test_an_answer_is_replayed_to_whom_it_was_given_alone(
    boss: Client, key_ring: KeyRing
) -> None:
    """One key for idempotency, three callers of one account: each with rights of their own."""
    reading = await program(key_ring, boss, "posts:read")
    writing = await program(key_ring, boss, "posts:write")
    once = {"idempotency_key": '"8e03978e"'}

    problem(await reading.sends(**once).post(POSTS, POST), *FORBIDDEN)
    by_person = await boss.sends(**once).post(POSTS, POST)
    by_program = await writing.sends(**once).post(POSTS, POST)

    assert (by_person.status_code, by_program.status_code) == (201, 201)
    assert by_person.json()["id"] != by_program.json()["id"]
    problem(await reading.sends(**once).post(POSTS, POST), *FORBIDDEN)
    again = await writing.sends(**once).post(POSTS, POST)
    assert again.json() == by_program.json()
    assert again.headers["idempotency-replayed"] == "true"
