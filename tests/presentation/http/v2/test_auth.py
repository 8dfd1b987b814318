"""Signing up, in, on and out over contract v2."""

import asyncio
from typing import Any

import asyncpg
import bcrypt
import jwt
import pytest

from serinus.domain.identity.caller import Role
from tests.support.identity import PASSWORD, an_account, signed_up
from tests.support.whole_v2 import Client, Clock, asking, problem, whole_v2

REGISTER, LOGIN, REFRESH, LOGOUT = (
    f"/api/v2/auth/{name}" for name in ("register", "login", "refresh", "logout")
)
ME = "/api/v2/users/me"
ADA = {"username": "Ada", "email": "ada@example.org", "password": PASSWORD}


async def test_who_registers_is_answered_with_all_it_takes_to_go_on(
    client: Client, clock: Clock
) -> None:
    answer = await client.post(
        REGISTER, ADA | {"first_name": "Ada", "email": " ADA@Example.org"}
    )

    told = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == ME
    assert answer.headers["cache-control"] == "no-store"
    assert list(told) == [
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "session_id",
        "user",
    ]
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    claims = jwt.decode(told["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["sid"]) == (told["user"]["id"], told["session_id"])
    assert told["user"] | {"id": None} == {
        "id": None,
        "username": "Ada",
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": None,
        "role": "subscriber",
        "is_active": True,
        "email_verified": False,
        "last_login": "2030-01-01T12:00:00Z",
        "created_at": "2030-01-01T12:00:00Z",
        "updated_at": "2030-01-01T12:00:00Z",
        "version": 1,
    }


async def test_no_password_and_no_refresh_token_is_stored_as_it_is(
    client: Client, pool: asyncpg.Pool
) -> None:
    ada = await client.register()

    stored = [
        str(await pool.fetch(f"SELECT t::text FROM {table} t"))  # noqa: S608 - of this test
        for table in ("users", "sessions", "refresh_tokens")
    ]
    assert PASSWORD not in "".join(stored)
    assert ada.signed_in["refresh_token"] not in "".join(stored)


async def test_a_name_and_an_address_belong_to_one_account(client: Client) -> None:
    await client.post(REGISTER, ADA)

    name = await client.post(REGISTER, ADA | {"username": "ADA", "email": "eve@example.org"})
    email = await client.post(REGISTER, ADA | {"username": "eve"})

    problem(name, 409, "username_taken")
    problem(email, 409, "email_taken")


async def test_of_many_that_register_one_name_at_once_one_gets_it(client: Client) -> None:
    answers = await asyncio.gather(
        *(client.post(REGISTER, ADA | {"email": f"{n}@example.org"}) for n in range(6))
    )

    assert sorted(each.status_code for each in answers) == [201] + [409] * 5


async def test_everything_wrong_with_a_registration_is_told_at_once(client: Client) -> None:
    answer = await client.post(
        REGISTER,
        {
            "username": "ab",
            "email": "nowhere",
            "password": "short",
            "first_name": "x" * 101,
            "last_name": 7,
            "pasword": "x",
        },
    )

    told = problem(answer, 422, "validation_failed")
    found = {(item["pointer"], item["code"]) for item in told["errors"]}
    assert found == {
        ("/username", "too_short"),
        ("/email", "invalid_format"),
        ("/password", "too_short"),
        ("/first_name", "too_long"),
        ("/last_name", "invalid_type"),
        ("/pasword", "unknown_member"),
    }


@pytest.mark.parametrize(
    ("password", "code"), [("Password1", "too_common"), ("ada lovelace", "same_as_username")]
)
async def test_a_password_that_can_be_guessed_is_refused(
    client: Client, password: str, code: str
) -> None:
    body = ADA | {"username": "Ada Lovelace", "password": password}

    told = problem(await client.post(REGISTER, body), 422, "validation_failed")

    assert [(item["pointer"], item["code"]) for item in told["errors"]] == [("/password", code)]


async def test_signing_in_takes_the_address_however_it_is_written(client: Client) -> None:
    await client.register()

    answer = await client.post(LOGIN, {"email": " ADA@example.org ", "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.known_by(answer).get(ME)).json()["username"] == "ada"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "another one"),
        ("ada@example.org", ""),
        ("ada@example.org", "x" * 5000),
        ("eve@example.org", PASSWORD),
        ("", ""),
        ("inactive@example.org", PASSWORD),
        ("imported@example.org", PASSWORD),
    ],
)
async def test_there_is_one_answer_to_every_way_of_being_wrong(
    client: Client, pool: asyncpg.Pool, email: str, password: str
) -> None:
    for name in ("ada", "inactive", "imported"):
        await client.register(name)
    await pool.execute("UPDATE users SET is_active = false WHERE username = 'inactive'")
    await pool.execute("UPDATE users SET password_hash = NULL WHERE username = 'imported'")

    answer = await client.post(LOGIN, {"email": email, "password": password})

    assert problem(answer, 401, "invalid_credentials")["detail"] == "Invalid credentials"
    assert answer.headers["www-authenticate"] == 'Bearer realm="serinus"'


async def test_signing_in_brings_a_hash_of_engine_v1_up_to_date(
    client: Client, pool: asyncpg.Pool
) -> None:
    bcrypt_of_it = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await signed_up(pool, an_account(), hashed=bcrypt_of_it)

    await client.login()

    assert (await pool.fetchval("SELECT password_hash FROM users")).startswith("$argon2id$")
    await client.login()


async def test_a_remembered_session_is_good_for_a_month(client: Client, clock: Clock) -> None:
    await client.register()
    short, long = await client.login(), await client.login(remember_me=True)

    clock.advance(days=29)

    problem(await short.refresh(), 401, "invalid_token")
    assert (await long.refresh()).status_code == 200


async def test_who_tries_too_often_has_to_wait(pool: asyncpg.Pool, clock: Clock) -> None:
    async with asking(whole_v2(pool, clock, logins_per_minute=2)) as client:
        body = {"email": "ada@example.org", "password": "another one"}
        first = [(await client.post(LOGIN, body)).status_code for _ in range(2)]

        answer = await client.post(LOGIN, body)

    assert first == [401, 401]
    problem(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["retry-after"]) <= 61


async def test_an_account_is_guarded_wherever_the_guesses_come_from(
    pool: asyncpg.Pool, clock: Clock
) -> None:
    app = whole_v2(pool, clock, logins_per_minute=2)
    address = 0

    async def from_address(scope: Any, receive: Any, send: Any) -> None:
        nonlocal address
        address += 1
        scope["state"] = {"client_address": f"192.0.2.{address}"}
        await app(scope, receive, send)

    async with asking(from_address) as client:
        body = {"email": "ada@example.org", "password": "another one"}
        answers = [(await client.post(LOGIN, body)).status_code for _ in range(3)]

    assert answers == [401, 401, 429]


async def test_each_refresh_gives_the_next_tokens_of_the_session(
    client: Client, clock: Clock
) -> None:
    ada = await client.register()
    clock.advance(minutes=10)

    answer = await ada.refresh()

    told = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert told["session_id"] == ada.signed_in["session_id"]
    assert told["refresh_token"] != ada.signed_in["refresh_token"]
    assert (await ada.known_by(answer).refresh()).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_session(client: Client) -> None:
    ada = await client.register()
    newer = ada.known_by(await ada.refresh())

    answer = await ada.refresh()

    problem(answer, 401, "token_reused")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    problem(await newer.refresh(), 401, "invalid_token")
    problem(await newer.get(ME), 401, "invalid_token")


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "鳥"])
async def test_nobody_refreshes_with_a_token_that_was_never_given(
    client: Client, token: str
) -> None:
    problem(await client.post(REFRESH, {"refresh_token": token}), 401, "invalid_token")


async def test_signing_out_ends_the_session_at_once(client: Client) -> None:
    ada = await client.register()
    elsewhere = await client.login()

    answer = await ada.post(LOGOUT)

    assert (answer.status_code, answer.content) == (204, b"")
    problem(await ada.get(ME), 401, "invalid_token")
    problem(await ada.refresh(), 401, "invalid_token")
    problem(await ada.post(LOGOUT), 401, "invalid_token")
    assert (await elsewhere.get(ME)).status_code == 200


async def test_an_access_token_lives_for_a_quarter_of_an_hour(
    client: Client, clock: Clock
) -> None:
    ada = await client.register()

    clock.advance(seconds=899)
    assert (await ada.get(ME)).status_code == 200
    clock.advance(seconds=1)
    problem(await ada.get(ME), 401, "invalid_token")


async def test_who_is_deactivated_or_demoted_is_so_at_once(
    client: Client, pool: asyncpg.Pool
) -> None:
    ada = await client.register()
    await pool.execute("UPDATE users SET role = $1", Role.EDITOR)
    assert (await ada.get(ME)).json()["role"] == "editor"

    await pool.execute("UPDATE users SET is_active = false")

    problem(await ada.get(ME), 401, "invalid_token")


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": ""}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"}],
)
async def test_who_shows_nothing_is_asked_to_sign_in(
    client: Client, headers: dict[str, str]
) -> None:
    answer = await client.sends(**headers).get(ME)

    problem(answer, 401, "missing_credentials")
    assert answer.headers["www-authenticate"] == 'Bearer realm="serinus"'


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer x"}, {"authorization": "bearer a.b.c"}, {"x_api_key": "k"}],
)
async def test_who_shows_something_wrong_is_told_so(
    client: Client, headers: dict[str, str]
) -> None:
    answer = await client.sends(**headers).get(ME)

    problem(answer, 401, "invalid_token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="serinus", error="invalid_token"'
