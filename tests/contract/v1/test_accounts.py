"""/auth: registration, sign-in, refreshing, signing out, the profile."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from uuid_utils.compat import uuid7

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, access_token, data, problems, refusal
from tests.contract.v1.engines import KEY_ID, SEED, Engine, Setting, serving

PASSWORD = "yellow feathers 1"
ADA = {"username": "Ada", "email": "ada@example.org", "password": PASSWORD}
BAD_LOGIN = (401, "Invalid credentials")
BAD_TOKEN = (401, "Invalid or expired token.")
TOO_MANY = (429, "Rate limit exceeded. Please try again later.")
USER_MEMBERS = [
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


async def register(http: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    success: dict[str, Any] = data(
        await http.post("/auth/register", json={**ADA, **members}), 201
    )
    return success


async def login(http: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    body = {"email": ADA["email"], "password": PASSWORD, **members}
    success: dict[str, Any] = data(await http.post("/auth/login", json=body))
    return success


async def refreshed(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/auth/refresh", json={"refresh_token": token})


def bearer(success: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {success['tokens']['access_token']}"}


async def test_registering_makes_a_subscriber_who_is_signed_in(http: httpx.AsyncClient) -> None:
    success = await register(http, username=" Ada ", email=" ADA@Example.org ", first_name="A")

    assert list(success) == ["tokens", "user"]
    assert list(success["tokens"]) == [
        "access_token",
        "refresh_token",
        "expires_in",
        "session_id",
    ]
    assert success["tokens"]["expires_in"] == 900
    user = success["user"]
    assert list(user) == USER_MEMBERS
    assert (user["username"], user["email"]) == ("Ada", "ada@example.org")
    assert (user["first_name"], user["last_name"]) == ("A", None)
    assert (user["role"], user["is_active"], user["email_verified"]) == (
        "Subscriber",
        True,
        False,
    )
    assert user["last_login"] == user["created_at"] == user["updated_at"]
    assert data(await http.get("/auth/profile", headers=bearer(success))) == user


async def test_what_registering_refuses_is_listed_in_the_contracts_order(
    http: httpx.AsyncClient,
) -> None:
    missing = await http.post("/auth/register", json={})
    null = await http.post("/auth/register", json=dict.fromkeys(ADA))
    long = await http.post(
        "/auth/register",
        json={
            "last_name": "x" * 101,
            "first_name": "x" * 101,
            "password": "x" * 129,
            "email": "x",
            "username": "x" * 51,
        },
    )

    required = [
        ("username", "Username must be between 3 and 50 characters"),
        ("email", "Email must be a valid email address"),
        ("password", "Password must be between 8 and 128 characters"),
    ]
    assert problems(missing) == required
    assert problems(null) == required
    assert problems(long) == [
        *required,
        ("first_name", "First name must be less than 100 characters"),
        ("last_name", "Last name must be less than 100 characters"),
    ]


REFUSED: list[tuple[str, str, list[str]]] = [
    (
        "username",
        "Username must be between 3 and 50 characters",
        ["", "ab", "  ab  ", "x" * 51, "\u3000ab\n"],
    ),
    (
        "username",
        "Username must not contain control characters or @",
        ["a@b", "@@@", "a\u0007b", "a\u200bb", "a\nb", "a\u202eb", "ab\u007fc"],
    ),
    (
        "email",
        "Email must be a valid email address",
        [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "a b@example.org",
            "ada@example..org",
            "ada.@example.org",
            ".ada@example.org",
            "a..da@example.org",
            "ada@-example.org",
            "ada@example-.org",
            "ada@example.org.",
            "ada@example.1",
            "ada@[127.0.0.1]",
            '"ada"@example.org',
            "Ada <ada@example.org>",
            "ada@example.org, x@example.org",
            "ada\u007f@example.org",
            "ada\u0001@example.org",
            "ada\u0085x@example.org",
            "x" * 65 + "@example.org",
            "x@" + "y" * 62 + ("." + "z" * 60) * 3 + ".example",
        ],
    ),
    (
        "password",
        "Password must be between 8 and 128 characters",
        ["", "x" * 7, "x" * 129, "金糸雀"],
    ),
    ("password", "Password is too common", ["password", "PassWord", "password123"]),
    ("password", "Password must not be the user name", ["Robin Redbreast", "ROBIN redbreast"]),
]


@pytest.mark.parametrize(
    ("member", "message", "values"), REFUSED, ids=[message for _, message, _ in REFUSED]
)
async def test_accounts_keep_the_rules(
    http: httpx.AsyncClient, member: str, message: str, values: list[str]
) -> None:
    for value in values:
        body = {**ADA, "username": "Robin Redbreast", member: value}

        answer = await http.post("/auth/register", json=body)

        assert problems(answer) == [(member, message)], value


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("username", "金糸雀"),
        ("username", "x" * 50),
        ("username", "a b.c-d_e!"),
        ("email", "ada+tag@mail.example.org"),
        ("email", "用戶@例え.jp"),
        ("email", "o'hara@example.co.uk"),
        ("email", "x" * 64 + "@example.org"),
        ("password", "x1" * 64),
        ("password", "金糸雀が歌うよ。"),
        ("first_name", "x" * 100),
        ("last_name", ""),
    ],
)
async def test_what_keeps_the_rules_is_taken(
    http: httpx.AsyncClient, member: str, value: str
) -> None:
    success = await register(http, **{member: value})

    if member != "password":
        assert success["user"][member] == value
    body = {**ADA, member: value}
    assert await login(http, email=body["email"], password=body["password"])


async def test_names_and_addresses_are_taken_once(http: httpx.AsyncClient) -> None:
    await register(http, username="Stra\u00dfe")

    for taken in ("Stra\u00dfe", "STRASSE", "\uff33trasse"):
        body = {**ADA, "username": taken, "email": "other@example.org"}
        answer = await http.post("/auth/register", json=body)
        assert refusal(answer) == (409, "Username already taken"), taken
    body = {**ADA, "username": "Other", "email": "ADA@example.org"}
    answer = await http.post("/auth/register", json=body)
    assert refusal(answer) == (409, "Email already registered")
    both = await http.post("/auth/register", json={**ADA, "username": "strasse"})
    assert refusal(both) == (409, "Username already taken")


async def test_of_two_who_want_one_name_one_gets_it(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(
            http.post("/auth/register", json={**ADA, "email": f"{number}@example.org"})
            for number in range(3)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_signing_in_gives_tokens_and_notes_the_time(
    http: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    user = (await register(http))["user"]

    success = await login(http, email="  ADA@example.ORG ")

    assert success["user"] == {**user, "last_login": success["user"]["last_login"]}
    assert success["user"]["last_login"] > user["last_login"]
    assert success["tokens"]["session_id"]
    assert data(await http.get("/auth/profile", headers=bearer(success))) == success["user"]
    assert await pool.fetchval("SELECT version FROM users") == 1


async def test_signing_in_needs_both_members(http: httpx.AsyncClient) -> None:
    required = [("email", "Email is required"), ("password", "Password is required")]
    for body in ({}, {"email": None, "password": None}, {"email": " ", "password": ""}):
        assert problems(await http.post("/auth/login", json=body)) == required
    assert problems(await http.post("/auth/login", json={"email": "x"})) == required[1:]
    assert problems(await http.post("/auth/refresh", json={})) == [
        ("refresh_token", "Refresh token is required")
    ]
    assert problems(await http.post("/auth/refresh", json={"refresh_token": ""})) == [
        ("refresh_token", "Refresh token is required")
    ]


async def test_every_wrong_login_has_one_answer(
    http: httpx.AsyncClient, pool: asyncpg.Pool, people: People
) -> None:
    await register(http)
    by_invitation = await people.a()  # has no password

    for email, password in [
        ("ada@example.org", "wrong password"),
        ("ada@example.org", PASSWORD.upper()),
        ("ada@example.org", PASSWORD + "x" * 200),
        ("ada@example.org", " " + PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("not an address", PASSWORD),
        (f"{by_invitation.id}@example.org", PASSWORD),
    ]:
        answer = await http.post("/auth/login", json={"email": email, "password": password})
        assert refusal(answer) == BAD_LOGIN, (email, password)
    await pool.execute("UPDATE users SET is_active = false")
    answer = await http.post(
        "/auth/login", json={"email": "ada@example.org", "password": PASSWORD}
    )
    assert refusal(answer) == BAD_LOGIN


@pytest.mark.parametrize(
    ("remember", "lifetime"),
    [
        (None, timedelta(hours=24)),
        (False, timedelta(hours=24)),
        (True, timedelta(days=30)),
    ],
)
async def test_who_is_remembered_stays_longer(
    http: httpx.AsyncClient, pool: asyncpg.Pool, remember: object, lifetime: timedelta
) -> None:
    await register(http)
    success = await login(http, remember_me=remember)

    async def left() -> timedelta:
        end = await pool.fetchval(
            "SELECT expires_at FROM sessions WHERE id = $1", success["tokens"]["session_id"]
        )
        rest: timedelta = end - datetime.now(UTC)
        return rest

    assert timedelta(minutes=-1) < await left() - lifetime < timedelta(minutes=1)
    await pool.execute("UPDATE sessions SET expires_at = now() + interval '1 minute'")
    data(await refreshed(http, success["tokens"]["refresh_token"]))
    assert timedelta(minutes=-1) < await left() - lifetime < timedelta(minutes=1)


async def test_refreshing_rotates_both_tokens_within_the_session(
    http: httpx.AsyncClient,
) -> None:
    first = await register(http)

    second = data(await refreshed(http, first["tokens"]["refresh_token"]))

    assert second["user"] == first["user"]
    assert second["tokens"]["session_id"] == first["tokens"]["session_id"]
    assert second["tokens"]["refresh_token"] != first["tokens"]["refresh_token"]
    for success in (first, second):
        assert (await http.get("/auth/profile", headers=bearer(success))).status_code == 200
    data(await refreshed(http, second["tokens"]["refresh_token"]))


async def test_a_refresh_token_used_twice_ends_its_session(
    http: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    first, other = await register(http), await login(http)
    second = data(await refreshed(http, first["tokens"]["refresh_token"]))

    assert refusal(await refreshed(http, first["tokens"]["refresh_token"])) == BAD_TOKEN

    assert refusal(await refreshed(http, second["tokens"]["refresh_token"])) == BAD_TOKEN
    assert refusal(await http.get("/auth/profile", headers=bearer(second))) == BAD_TOKEN
    assert (await http.get("/auth/profile", headers=bearer(other))).status_code == 200
    reasons = await pool.fetch("SELECT end_reason FROM sessions WHERE ended_at IS NOT NULL")
    assert [row["end_reason"] for row in reasons] == ["reuse"]


async def test_of_two_that_spend_a_token_at_once_one_wins(http: httpx.AsyncClient) -> None:
    token = (await register(http))["tokens"]["refresh_token"]

    answers = await asyncio.gather(*(refreshed(http, token) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]


@pytest.mark.parametrize("token", ["x", "é", " ", "x" * 5000, "a.b.c"])
async def test_an_unknown_refresh_token_is_refused(http: httpx.AsyncClient, token: str) -> None:
    assert refusal(await refreshed(http, token)) == BAD_TOKEN


@pytest.mark.parametrize(
    "over",
    [
        "UPDATE sessions SET created_at = created_at - interval '2 days', expires_at = now()",
        "UPDATE sessions SET ended_at = now(), end_reason = 'ended'",
        "UPDATE users SET is_active = false",
    ],
)
async def test_when_a_session_is_over_its_tokens_are(
    http: httpx.AsyncClient, pool: asyncpg.Pool, over: str
) -> None:
    success = await register(http)
    await pool.execute(over)

    assert refusal(await refreshed(http, success["tokens"]["refresh_token"])) == BAD_TOKEN
    assert refusal(await http.get("/auth/profile", headers=bearer(success))) == BAD_TOKEN


async def test_signing_out_ends_the_session_at_once(
    http: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    success, other = await register(http), await login(http)

    answer = await http.post("/auth/logout", headers=bearer(success))

    assert data(answer) == {"message": "Logged out successfully"}
    assert refusal(await http.get("/auth/profile", headers=bearer(success))) == BAD_TOKEN
    assert refusal(await http.post("/auth/logout", headers=bearer(success))) == BAD_TOKEN
    assert refusal(await refreshed(http, success["tokens"]["refresh_token"])) == BAD_TOKEN
    assert (await http.get("/auth/profile", headers=bearer(other))).status_code == 200
    reasons = await pool.fetch("SELECT end_reason FROM sessions WHERE ended_at IS NOT NULL")
    assert [row["end_reason"] for row in reasons] == ["logout"]


ROLE_NAMES = {
    Role.SUPER_ADMIN: "SuperAdmin",
    Role.ADMIN: "Admin",
    Role.EDITOR: "Editor",
    Role.AUTHOR: "Author",
    Role.CONTRIBUTOR: "Contributor",
    Role.SUBSCRIBER: "Subscriber",
}


@pytest.mark.parametrize("role", Role)
async def test_the_profile_is_ones_own_account_with_everything(
    people: People, role: Role
) -> None:
    person = await people.a(role)

    profile = data(await person.get("/auth/profile"))

    assert list(profile) == USER_MEMBERS
    assert (profile["id"], profile["username"]) == (str(person.id), person.username)
    assert profile["role"] == ROLE_NAMES[role]
    assert profile["last_login"] is None


def forged(person: Person, **changes: Any) -> str:
    return access_token(person.id, person.session_id, **changes)


async def test_only_our_unchanged_tokens_hold(people: People, http: httpx.AsyncClient) -> None:
    person, other = await people.a(), await people.a()
    now = int(datetime.now(UTC).timestamp())
    good = forged(person)
    none = jwt.encode(jwt.decode(good, options={"verify_signature": False}), "", "none")
    hmac = jwt.encode(
        {"sub": str(person.id), "sid": str(person.session_id), "exp": now + 9, "iat": now},
        Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw(),
        "HS256",
        {"kid": KEY_ID},
    )
    assert (await http.get("/tags", headers={"Authorization": f"Bearer {good}"})).is_success

    for token in [
        none,
        hmac,
        good[:-4] + "AAAA",
        good.rpartition(".")[0],
        good + ".",
        "x" * 10_000,
        forged(person, exp=now - 1),
        forged(person, exp=None),
        forged(person, iss="other"),
        forged(person, aud="other"),
        forged(person, sub=5),
        forged(person, sub="nobody"),
        forged(person, sid=None),
        forged(person, sid=str(uuid7())),
        forged(person, seed=b"x" * 32),
        forged(person, kid="unknown"),
        access_token(person.id, other.session_id),
    ]:
        answer = await http.get("/tags", headers={"Authorization": f"Bearer {token}"})

        assert refusal(answer) == BAD_TOKEN, token[:200]


async def test_accounts_and_addresses_have_a_limit_of_their_own(
    engine: Engine, database_url: str
) -> None:
    async with serving(engine, database_url, Setting(logins_per_minute=2)) as http:
        await register(http)
        wrong = {"email": "ada@example.org", "password": "wrong password"}
        assert refusal(await http.post("/auth/login", json=wrong)) == BAD_LOGIN

        for path, body in {
            "/auth/login": {**wrong, "email": "other@example.org"},
            "/auth/register": {**ADA, "email": "new@example.org", "username": "New"},
        }.items():
            answer = await http.post(path, json=body)
            assert refusal(answer) == TOO_MANY
            assert 1 <= int(answer.headers["retry-after"]) <= 61


async def test_what_cannot_be_read_is_not_counted(engine: Engine, database_url: str) -> None:
    async with serving(engine, database_url, Setting(logins_per_minute=1)) as http:
        for _ in range(3):
            assert (await http.post("/auth/login", json={"email": 1})).status_code == 400
            assert (await http.post("/auth/login", json={})).status_code == 422
            assert (await http.post("/auth/register", json={})).status_code == 422

        await register(http)
