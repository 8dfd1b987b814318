"""/api-keys: making, listing and taking back keys."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, data, problems, refusal
from tests.contract.v1.engines import Engine, other, serving
from tests.contract.v1.keys import (
    BAD_KEY,
    LONG_AGO,
    PERMISSIONS,
    holding,
    made,
    planted,
)
from tests.support.waiting import until

NOT_FOUND = (404, "API key not found")
TOO_MANY = (409, "Too many API keys")
INFO = ["id", "name", "permissions", "user_id", "created_at", "expires_at", "last_used_at"]
NO_NAME = ("name", "Name must be between 1 and 100 characters")
NO_PERMISSION = ("permissions", "At least one permission is required")
UNKNOWN_PERMISSION = (
    "permissions",
    f"Permission must be one of {', '.join(PERMISSIONS)}",
)


@pytest.fixture
async def there(engine: Engine, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The other engine, on the same database."""
    async with serving(other(engine), database_url) as http:
        yield http


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


async def test_who_is_being_given_a_key_waits_with_the_next(
    people: People, pool: asyncpg.Pool
) -> None:
    """Whoever gives it: another node, another engine, the command line."""
    ada = await people.a()
    for _ in range(99):
        await planted(pool, ada)

    async with pool.acquire() as elsewhere, elsewhere.transaction():
        await elsewhere.execute("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE", ada.id)
        asking = asyncio.create_task(
            ada.post("/api-keys", name="n", permissions=["posts:read"])
        )

        async def stopped() -> bool:
            return asking.done() or await someone_waits(pool)

        await until(stopped)
        await planted(elsewhere, ada)

    assert refusal(await asking) == TOO_MANY
    assert await pool.fetchval("SELECT count(*) FROM api_keys") == 100


async def someone_waits(pool: asyncpg.Pool) -> bool:
    waiting: bool = await pool.fetchval(
        """
        SELECT EXISTS (SELECT FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock')
        """
    )
    return waiting


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
