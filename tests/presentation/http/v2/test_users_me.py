"""One's own profile, password and sessions over contract v2."""

import asyncio
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from tests.support.identity import PASSWORD
from tests.support.whole_v2 import Client, Clock, asking, problem, whole_v2

ME = "/api/v2/users/me"
SESSIONS = f"{ME}/sessions"
NEW = "nine-blue-boats"


@pytest.fixture
async def ada(client: Client) -> Client:
    return await client.register(first_name="Ada", last_name="Lovelace")


def pointers(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["pointer"], item["code"]) for item in told["errors"]]


async def test_you_see_your_account_and_its_version(ada: Client) -> None:
    answer = await ada.get(ME)

    assert answer.status_code == 200
    assert answer.json() == ada.signed_in["user"]
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_change_needs_to_say_of_which_version(ada: Client) -> None:
    problem(await ada.patch(ME, {"first_name": "Eve"}), 428, "precondition_required")
    assert (await ada.get(ME)).json()["first_name"] == "Ada"


@pytest.mark.parametrize("seen", ['"2"', '"9"', 'W/"1"', '"x"', '"01"'])
async def test_a_change_of_another_version_is_refused_and_told_the_current_one(
    ada: Client, seen: str
) -> None:
    answer = await ada.sends(if_match=seen).patch(ME, {"first_name": "Eve"})

    problem(answer, 412, "stale_version")
    assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("seen", ['"1"', '"0", "1"', "*"])
async def test_a_change_of_what_was_seen_is_made(ada: Client, clock: Clock, seen: str) -> None:
    clock.advance(minutes=1)

    answer = await ada.sends(if_match=seen).patch(ME, {"username": " Countess "})

    told = answer.json()
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert (told["username"], told["first_name"]) == ("Countess", "Ada")
    assert (told["version"], told["updated_at"]) == (2, "2030-01-01T12:01:00Z")
    assert (await ada.get(ME)).json() == told


@pytest.mark.parametrize("seen", ["1", '"1', "x", '"1" "2"'])
async def test_a_header_that_is_no_list_of_tags_is_refused(ada: Client, seen: str) -> None:
    answer = await ada.sends(if_match=seen).patch(ME, {})

    told = problem(answer, 400, "malformed_header")
    assert told["errors"][0]["parameter"] == "If-Match"


async def test_of_many_changes_of_one_version_one_is_made(ada: Client) -> None:
    names = [{"first_name": str(n)} for n in range(6)]
    answers = await asyncio.gather(
        *(ada.sends(if_match='"1"').patch(ME, name) for name in names)
    )

    assert sorted(each.status_code for each in answers) == [200] + [412] * 5


async def test_what_is_left_out_stays_and_null_clears(ada: Client) -> None:
    answer = await ada.sends(if_match="*").patch(ME, {"first_name": None})

    told = answer.json()
    assert (told["first_name"], told["last_name"]) == (None, "Lovelace")


async def test_a_patch_may_be_declared_as_what_it_is(ada: Client) -> None:
    merging = ada.sends(if_match="*", content_type="application/merge-patch+json")

    assert (await merging.patch(ME, {"first_name": "A."})).json()["first_name"] == "A."


async def test_a_change_of_nothing_changes_nothing(ada: Client) -> None:
    answer = await ada.sends(if_match='"1"').patch(ME, {"first_name": "Ada"})

    assert (answer.json()["version"], answer.headers["etag"]) == (1, '"1"')


@pytest.mark.parametrize("member", ["username", "email", "password"])
async def test_what_an_account_must_have_cannot_be_cleared(ada: Client, member: str) -> None:
    answer = await ada.sends(if_match="*").patch(ME, {member: None})

    told = problem(answer, 422, "validation_failed")
    assert pointers(told) == [(f"/{member}", "invalid_type")]


async def test_nobody_gives_themselves_a_role(ada: Client) -> None:
    answer = await ada.sends(if_match="*").patch(ME, {"role": "admin", "is_active": True})

    told = problem(answer, 422, "validation_failed")
    assert pointers(told) == [("/role", "unknown_member"), ("/is_active", "unknown_member")]


async def test_what_cannot_be_read_does_not_hide_what_cannot_be_accepted(ada: Client) -> None:
    body = {"nickname": "x", "username": "ab", "email": "x", "password": "short"}

    answer = await ada.sends(if_match="*").patch(ME, body)

    assert pointers(problem(answer, 422, "validation_failed")) == [
        ("/nickname", "unknown_member"),
        ("/username", "too_short"),
        ("/email", "invalid_format"),
        ("/password", "too_short"),
    ]


async def test_all_that_is_wrong_with_a_change_is_told_at_once(ada: Client) -> None:
    body = {"username": "a@b", "email": "x", "last_name": "x" * 101, "password": "short"}

    answer = await ada.sends(if_match="*").patch(ME, body)

    assert set(pointers(problem(answer, 422, "validation_failed"))) == {
        ("/username", "invalid_format"),
        ("/email", "invalid_format"),
        ("/last_name", "too_long"),
        ("/password", "too_short"),
        ("/current_password", "required"),
    }


async def test_a_name_of_somebody_else_is_not_to_be_had(client: Client, ada: Client) -> None:
    await client.register("eve")

    name = await ada.sends(if_match="*").patch(ME, {"username": "EVE"})
    email = await ada.sends(if_match="*").patch(ME, {"email": "eve@example.org"})

    problem(name, 409, "username_taken")
    problem(email, 409, "email_taken")


async def test_a_new_address_has_to_prove_itself_anew(ada: Client, pool: asyncpg.Pool) -> None:
    await pool.execute("UPDATE users SET email_verified = true")

    same = await ada.sends(if_match="*").patch(ME, {"email": "ADA@example.org"})
    other = await ada.sends(if_match="*").patch(ME, {"email": "countess@example.org"})

    assert same.json()["email_verified"]
    assert not other.json()["email_verified"]


async def test_a_new_password_ends_all_other_sessions(client: Client, ada: Client) -> None:
    elsewhere = await client.login()

    body = {"password": NEW, "current_password": PASSWORD}
    answer = await ada.sends(if_match='"1"').patch(ME, body)

    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert "password" not in answer.text
    assert (await ada.get(ME)).status_code == 200
    problem(await elsewhere.get(ME), 401, "invalid_token")
    problem(await elsewhere.refresh(), 401, "invalid_token")
    assert (await client.login(password=NEW)).signed_in
    old = {"email": "ada@example.org", "password": PASSWORD}
    problem(await client.post("/api/v2/auth/login", old), 401, "invalid_credentials")


@pytest.mark.parametrize(
    ("current", "code"), [(None, "required"), ("", "required"), ("another one", "incorrect")]
)
async def test_a_new_password_needs_the_old_one(
    client: Client, ada: Client, current: str | None, code: str
) -> None:
    body = {"password": NEW} | ({} if current is None else {"current_password": current})

    answer = await ada.sends(if_match="*").patch(ME, body)

    told = problem(answer, 422, "validation_failed")
    assert pointers(told) == [("/current_password", code)]
    assert await client.login()


async def test_the_old_password_cannot_be_guessed_any_faster_than_at_the_door(
    pool: asyncpg.Pool, clock: Clock
) -> None:
    async with asking(whole_v2(pool, clock, logins_per_minute=3)) as client:
        ada = await client.register()
        body = {"password": NEW, "current_password": "another one"}
        guesses = [await ada.sends(if_match="*").patch(ME, body) for _ in range(3)]

    assert [guess.status_code for guess in guesses] == [422, 422, 429]


async def test_you_see_where_you_are_signed_in(
    client: Client, ada: Client, clock: Clock
) -> None:
    clock.advance(hours=1)
    phone = await client.login(remember_me=True)

    answer = await phone.get(SESSIONS)

    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.json() == {
        "data": [
            {
                "id": phone.signed_in["session_id"],
                "current": True,
                "remember_me": True,
                "created_at": "2030-01-01T13:00:00Z",
                "expires_at": "2030-01-31T13:00:00Z",
            },
            {
                "id": ada.signed_in["session_id"],
                "current": False,
                "remember_me": False,
                "created_at": "2030-01-01T12:00:00Z",
                "expires_at": "2030-01-02T12:00:00Z",
            },
        ],
        "page": {"next": None, "prev": None, "limit": 100},
    }


async def test_you_sign_out_somewhere_else(client: Client, ada: Client) -> None:
    phone = await client.login()
    path = f"{SESSIONS}/{phone.signed_in['session_id']}"

    answer = await ada.delete(path)

    assert (answer.status_code, answer.content) == (204, b"")
    problem(await phone.get(ME), 401, "invalid_token")
    problem(await ada.delete(path), 404, "session_not_found")


async def test_sessions_of_others_are_not_there(client: Client, ada: Client) -> None:
    eve = await client.register("eve")

    answer = await ada.delete(f"{SESSIONS}/{eve.signed_in['session_id']}")

    problem(answer, 404, "session_not_found")
    problem(await ada.delete(f"{SESSIONS}/{uuid7()}"), 404, "session_not_found")
    assert (await eve.get(ME)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ME),
        ("PATCH", ME),
        ("GET", SESSIONS),
        ("DELETE", f"{SESSIONS}/0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11"),
        ("POST", "/api/v2/auth/logout"),
    ],
)
async def test_all_of_this_is_for_those_who_are_signed_in(
    client: Client, method: str, path: str
) -> None:
    problem(await client.send(method, path), 401, "missing_credentials")
