"""Accounts and sessions, as clients of this engine see them."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher

from serinus.legacy import accounts
from serinus.legacy.account_forms import Register
from serinus.legacy.envelope import Failure
from serinus.legacy.tokens import Claims
from tests.legacy.engine import PASSWORD, Engine, configuration, running

INVALID_TOKEN = (401, "Invalid or expired token.")
FULL_WIDTH = "\uff33\uff34\uff32\uff21\uff33\uff33\uff25"  # STRASSE, which NFKC makes narrow
WRONG_LOGIN = (401, "Invalid credentials")
ARGON2 = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


async def registered(engine: Engine, name: str = "Ada", **members: Any) -> dict[str, Any]:
    form = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, **members}
    answer = await engine.call("POST", "/auth/register", body=form)
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def login(engine: Engine, **members: Any) -> dict[str, Any]:
    form = {"email": "ada@example.com", "password": PASSWORD, **members}
    data: dict[str, Any] = await engine.data("POST", "/auth/login", body=form)
    return data


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_registering_signs_a_subscriber_in(engine: Engine) -> None:
    data = await registered(engine, " Ada ", email=" Ada@Example.COM ", first_name="Ada")

    assert list(data) == ["tokens", "user"]
    assert list(data["tokens"]) == ["access_token", "refresh_token", "expires_in", "session_id"]
    assert data["tokens"]["expires_in"] == 900
    user = data["user"]
    assert list(user) == [
        "id",
        "username",
        "email",
        "first_name",
        "last_name",
        "role",
        "is_active",
        "email_verified",
        "last_login",
        "created_at",
        "updated_at",
    ]
    assert (user["username"], user["email"]) == ("Ada", "ada@example.com")
    assert (user["first_name"], user["last_name"]) == ("Ada", None)
    assert (user["role"], user["is_active"], user["email_verified"]) == (
        "Subscriber",
        True,
        False,
    )
    profile = await engine.data("GET", "/auth/profile", headers=bearer(data["tokens"]))
    assert profile == user


async def test_only_hashes_of_secrets_are_stored(engine: Engine) -> None:
    data = await registered(engine)

    (user,) = await engine.execute("SELECT password_hash FROM users")
    (token,) = await engine.execute("SELECT token_hash, spent_at FROM refresh_tokens")
    assert user["password_hash"].startswith("$2b$12$")
    secret = data["tokens"]["refresh_token"]
    assert token["token_hash"] == hashlib.sha256(secret.encode()).digest()
    assert len(secret) == 43


async def test_the_access_token_names_user_and_session(engine: Engine) -> None:
    data = await registered(engine)

    claims = jwt.decode(data["tokens"]["access_token"], options={"verify_signature": False})
    assert claims["sub"] == data["user"]["id"]
    assert claims["sid"] == data["tokens"]["session_id"]


async def test_a_name_or_address_is_taken_whatever_its_spelling(engine: Engine) -> None:
    await registered(engine, "Straße", email="ada@example.com")

    async def refused(username: str, email: str) -> tuple[int, str]:
        form = {"username": username, "email": email, "password": PASSWORD}
        return await engine.refusal("POST", "/auth/register", body=form)

    assert await refused("STRASSE", "b@example.com") == (409, "Username already taken")
    assert await refused(FULL_WIDTH, "b@example.com") == (409, "Username already taken")
    assert await refused("Bea", "ADA@example.com") == (409, "Email already registered")
    assert await refused("strasse", "ada@example.com") == (409, "Username already taken")


@pytest.mark.parametrize(
    ("usernames", "emails", "text"),
    [
        (["Ada", "ada"], ["a@example.com", "b@example.com"], "Username already taken"),
        (["Ada", "Bea"], ["a@example.com", "a@example.com"], "Email already registered"),
    ],
)
async def test_of_two_who_register_alike_at_once_one_is_told_why_not(
    engine: Engine, usernames: list[str], emails: list[str], text: str
) -> None:
    """Both look before either writes: only the constraint can tell."""

    async def open_account(username: str, email: str) -> str:
        form = Register.model_construct(username=username, email=email, password=PASSWORD)
        async with engine.resources.sessions() as session:
            try:
                await accounts.open_account(session, engine.resources.passwords, form)
            except Failure as failure:
                return failure.error
            await session.commit()
        return "welcome"

    outcomes = await asyncio.gather(*map(open_account, usernames, emails))

    assert sorted(outcomes) == sorted(["welcome", text])


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["username", "email", "password"]),
        (
            {"username": None, "email": None, "password": None},
            ["username", "email", "password"],
        ),
        (
            {"username": "a@b", "email": "x", "password": "password123"},
            ["username", "email", "password"],
        ),
        (
            {
                "username": "ab",
                "email": "a@b",
                "password": "short",
                "first_name": "n" * 101,
                "last_name": "n" * 101,
            },
            ["username", "email", "password", "first_name", "last_name"],
        ),
    ],
)
async def test_everything_wrong_is_reported_in_the_order_of_the_contract(
    engine: Engine, form: dict[str, Any], fields: list[str]
) -> None:
    answer = await engine.call("POST", "/auth/register", body=form)

    assert answer.status_code == 422
    assert answer.json()["error"] == "Invalid input"
    assert [error["field"] for error in answer.json()["validation_errors"]] == fields


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"username": "ab"}, "Username must be between 3 and 50 characters"),
        ({"username": "n" * 51}, "Username must be between 3 and 50 characters"),
        ({"username": "a\tb c"}, "Username must not contain control characters or @"),
        ({"username": "a@b.c"}, "Username must not contain control characters or @"),
        ({"email": "nobody"}, "Email must be a valid email address"),
        ({"email": "a@localhost"}, "Email must be a valid email address"),
        ({"email": f"{'l' * 65}@example.com"}, "Email must be a valid email address"),
        ({"email": f"a@{'d' * 250}.com"}, "Email must be a valid email address"),
        ({"password": "seven77"}, "Password must be between 8 and 128 characters"),
        ({"password": "p" * 129}, "Password must be between 8 and 128 characters"),
        ({"password": "PassWord123"}, "Password is too common"),
        (
            {"username": "Somebody", "password": "SOMEBODY"},
            "Password must not be the user name",
        ),
        ({"last_name": "n" * 101}, "Last name must be less than 100 characters"),
    ],
)
async def test_a_broken_rule_is_named_in_the_words_of_the_contract(
    engine: Engine, members: dict[str, str], text: str
) -> None:
    form = {"username": "Ada", "email": "ada@example.com", "password": PASSWORD, **members}

    answer = await engine.call("POST", "/auth/register", body=form)

    errors = answer.json()["validation_errors"]
    assert [error["message"] for error in errors] == [text]


async def test_signing_in_begins_another_session(engine: Engine) -> None:
    first = await registered(engine)
    before = await engine.execute("SELECT updated_at, version FROM users")

    second = await login(engine, email=" ADA@example.com ")

    assert second["tokens"]["session_id"] != first["tokens"]["session_id"]
    assert second["user"]["last_login"] > first["user"]["created_at"]
    assert await engine.execute("SELECT updated_at, version FROM users") == before


@pytest.mark.parametrize(
    ("remember", "days"), [(None, 1), (False, 1), (True, 30)], ids=["absent", "no", "yes"]
)
async def test_to_be_remembered_is_to_stay_for_thirty_days(
    engine: Engine, remember: object, days: int
) -> None:
    await registered(engine)
    data = await login(engine, remember_me=remember)

    (session,) = await engine.execute(
        "SELECT expires_at - created_at AS lifetime FROM sessions WHERE id = $1",
        data["tokens"]["session_id"],
    )
    assert session["lifetime"] == timedelta(days=days)


async def test_a_password_hashed_by_engine_v2_signs_in(engine: Engine) -> None:
    await registered(engine)
    await engine.execute("UPDATE users SET password_hash = $1", ARGON2.hash("another password"))

    assert (await login(engine, password="another password"))["user"]["username"] == "Ada"


async def test_whatever_is_wrong_with_a_login_the_answer_is_the_same(engine: Engine) -> None:
    await registered(engine)

    async def refused(**members: str) -> tuple[int, str]:
        form = {"email": "ada@example.com", "password": PASSWORD, **members}
        return await engine.refusal("POST", "/auth/login", body=form)

    assert await refused(password="wrong") == WRONG_LOGIN
    assert await refused(email="nobody@example.com") == WRONG_LOGIN
    assert await refused(email="no address") == WRONG_LOGIN
    await engine.execute("UPDATE users SET is_active = false")
    assert await refused() == WRONG_LOGIN
    await engine.execute("UPDATE users SET is_active = true, password_hash = NULL")
    assert await refused() == WRONG_LOGIN


async def test_no_connection_is_held_while_a_password_is_hashed(database_url: str) -> None:
    async with running(configuration(database_url, pool_size=1)) as engine:
        form = {"email": "nobody@example.com", "password": PASSWORD}
        hashing = asyncio.create_task(engine.call("POST", "/auth/login", body=form))
        served = 0
        while not hashing.done():
            await engine.call("GET", "/health/readiness")
            served += 1

        assert hashing.result().status_code == 401
        assert served > 1


async def test_what_is_missing_from_a_login_is_named(engine: Engine) -> None:
    answer = await engine.call("POST", "/auth/login", body={"email": " "})

    assert answer.json()["validation_errors"] == [
        {"field": "email", "message": "Email is required"},
        {"field": "password", "message": "Password is required"},
    ]
    answer = await engine.call("POST", "/auth/refresh", body={})
    assert answer.json()["validation_errors"] == [
        {"field": "refresh_token", "message": "Refresh token is required"}
    ]


async def test_a_refresh_renews_both_tokens_in_the_same_session(engine: Engine) -> None:
    first = (await registered(engine))["tokens"]
    (before,) = await engine.execute("SELECT expires_at FROM sessions")

    second = await refreshed(engine, first)

    assert second["session_id"] == first["session_id"]
    assert second["refresh_token"] != first["refresh_token"]
    (after,) = await engine.execute("SELECT expires_at FROM sessions")
    assert after["expires_at"] > before["expires_at"]
    assert (await refreshed(engine, second))["session_id"] == first["session_id"]


async def test_using_a_refresh_token_twice_ends_its_session(engine: Engine) -> None:
    first = (await registered(engine))["tokens"]
    second = await refreshed(engine, first)

    assert await not_refreshed(engine, first) == INVALID_TOKEN

    assert await not_refreshed(engine, second) == INVALID_TOKEN
    headers = bearer(second)
    assert await engine.refusal("GET", "/auth/profile", headers=headers) == INVALID_TOKEN
    (session,) = await engine.execute("SELECT ended_at, end_reason FROM sessions")
    assert session["ended_at"] is not None
    assert session["end_reason"] == "reuse"


async def test_of_requests_with_one_refresh_token_one_succeeds(engine: Engine) -> None:
    tokens = (await registered(engine))["tokens"]
    body = {"refresh_token": tokens["refresh_token"]}

    answers = await asyncio.gather(
        *(engine.call("POST", "/auth/refresh", body=body) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    (session,) = await engine.execute("SELECT end_reason FROM sessions")
    assert session["end_reason"] == "reuse"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET created_at = now() - interval '2 days', expires_at = now()",
        "UPDATE sessions SET ended_at = now(), end_reason = 'ended'",
        "UPDATE users SET is_active = false",
        "DELETE FROM sessions",
    ],
)
async def test_when_a_session_is_over_its_tokens_are_too(engine: Engine, change: str) -> None:
    tokens = (await registered(engine))["tokens"]

    await engine.execute(change)

    headers = bearer(tokens)
    assert await engine.refusal("GET", "/auth/profile", headers=headers) == INVALID_TOKEN
    assert await not_refreshed(engine, tokens) == INVALID_TOKEN


async def test_a_made_up_refresh_token_is_refused(engine: Engine) -> None:
    assert await not_refreshed(engine, {"refresh_token": "made up ünïcode"}) == INVALID_TOKEN


async def test_signing_out_ends_the_session_at_once(engine: Engine) -> None:
    person, other = await engine.person(), await engine.person()

    data = await engine.data("POST", "/auth/logout", person)

    assert data == {"message": "Logged out successfully"}
    assert await engine.refusal("GET", "/auth/profile", person) == INVALID_TOKEN
    assert (await engine.call("GET", "/auth/profile", other)).status_code == 200
    (session,) = await engine.execute("SELECT * FROM sessions WHERE id = $1", person.session_id)
    assert session["end_reason"] == "logout"


async def test_a_token_of_somebody_elses_session_is_refused(engine: Engine) -> None:
    one, other = await engine.person(), await engine.person()
    mixed = engine.resources.tokens.issue(Claims(one.id, other.session_id), datetime.now(UTC))

    headers = {"Authorization": f"Bearer {mixed}"}
    assert await engine.refusal("GET", "/auth/profile", headers=headers) == INVALID_TOKEN


async def test_registration_and_login_are_limited_by_address_and_account(
    database_url: str,
) -> None:
    asked: list[tuple[str, str]] = []

    async def limit(address: str, account: str) -> int | None:
        asked.append((address, account))
        return 17

    async with running(configuration(database_url, login_limit=limit)) as engine:
        form = {"username": "Ada", "email": " ADA@example.com", "password": PASSWORD}
        for path in ("/auth/register", "/auth/login"):
            answer = await engine.call("POST", path, body=form)

            assert answer.status_code == 429
            assert answer.headers["retry-after"] == "17"
            assert answer.json()["error"] == "Rate limit exceeded. Please try again later."
        assert await engine.execute("SELECT FROM users") == []

    assert asked == [("192.0.2.7", "ada@example.com")] * 2


async def test_the_address_that_the_layer_in_front_found_is_limited(database_url: str) -> None:
    asked: list[str] = []

    async def limit(address: str, _: str) -> int | None:
        asked.append(address)
        return None

    async with running(configuration(database_url, login_limit=limit)) as engine:
        engine.state["client_address"] = "203.0.113.5"
        form = {"email": "ada@example.com", "password": PASSWORD}
        assert await engine.refusal("POST", "/auth/login", body=form) == WRONG_LOGIN

    assert asked == ["203.0.113.5"]


async def refreshed(engine: Engine, tokens: dict[str, Any]) -> dict[str, Any]:
    body = {"refresh_token": tokens["refresh_token"]}
    data = await engine.data("POST", "/auth/refresh", body=body)
    new: dict[str, Any] = data["tokens"]
    return new


async def not_refreshed(engine: Engine, tokens: dict[str, Any]) -> tuple[int, str]:
    body = {"refresh_token": tokens["refresh_token"]}
    return await engine.refusal("POST", "/auth/refresh", body=body)
