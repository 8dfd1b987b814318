"""PUT, DELETE and roles of users: who may, what is checked, and what comes of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, problems, refusal
from tests.contract.v1.test_accounts import (
    ADA,
    BAD_LOGIN,
    BAD_TOKEN,
    bearer,
    login,
    refreshed,
    register,
)
from tests.contract.v1.test_users import ADMINISTRATORS, NOBODY, OTHERS, ROLES, plant_user

FORBIDDEN = (403, "Insufficient permissions")
NOT_FOUND = (404, "User not found")
NAME_TAKEN, ADDRESS_TAKEN = (
    (409, "Username already taken"),
    (409, "Email already registered"),
)
NO_ROLE = "Role must be one of SuperAdmin, Admin, Editor, Author, Contributor, Subscriber"
DEACTIVATED = {"message": "User deactivated successfully"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def admin(people: People) -> Person:
    return await people.a(Role.ADMIN)


@pytest.fixture
async def ada(people: People) -> Person:
    return await people.a(Role.SUBSCRIBER)


def at(user_id: object) -> str:
    return f"/users/{user_id}"


async def row(pool: asyncpg.Pool, user_id: UUID) -> dict[str, Any]:
    found = await pool.fetchrow("SELECT * FROM users WHERE id = $1", user_id)
    assert found is not None
    return dict(found)


async def test_people_change_themselves(ada: Person, pool: asyncpg.Pool) -> None:
    before = await row(pool, ada.id)

    changed = data(
        await ada.put(
            at(ada.id),
            username="  Ada Lovelace ",
            email=" ADA@Example.org\n",
            first_name="Ada",
            last_name="Lovelace",
        )
    )

    assert changed == data(await ada.get("/auth/profile")) == data(await ada.get(at(ada.id)))
    assert (changed["username"], changed["email"]) == ("Ada Lovelace", "ada@example.org")
    assert (changed["first_name"], changed["last_name"]) == ("Ada", "Lovelace")
    assert (changed["role"], changed["is_active"]) == ("Subscriber", True)
    stored = await row(pool, ada.id)
    assert (stored["username_key"], stored["version"]) == ("ada lovelace", 2)
    assert abs((stored["updated_at"] - datetime.now(UTC)).total_seconds()) < 60
    for kept in ("created_at", "last_login", "password_hash", "email_verified"):
        assert stored[kept] == before[kept]


async def test_what_is_absent_or_null_stays(admin: Person, pool: asyncpg.Pool) -> None:
    user_id = await plant_user(pool, "Ada", first_name="A", last_name="L", role="editor")
    before = await row(pool, user_id)
    members = ["username", "email", "first_name", "last_name", "role", "is_active"]
    bodies: list[dict[str, Any]] = [{}, dict.fromkeys(members), {"unknown": 1}]

    for version, body in enumerate(bodies, 2):
        shown = data(await admin.put(at(user_id), **body))

        assert (shown["username"], shown["role"]) == ("Ada", "Editor")
        after = await row(pool, user_id)
        assert (after["version"], after["updated_at"]) != (1, before["updated_at"])
        assert after["version"] == version
        assert after | {"version": 1, "updated_at": before["updated_at"]} == before


async def test_an_empty_first_or_last_name_is_none(ada: Person) -> None:
    data(await ada.put(at(ada.id), first_name="A", last_name="L"))

    changed = data(await ada.put(at(ada.id), first_name=""))

    assert (changed["first_name"], changed["last_name"]) == (None, "L")
    assert data(await ada.put(at(ada.id), last_name=""))["last_name"] is None


VIOLATIONS: list[tuple[str, str, list[str]]] = [
    (
        "username",
        "Username must be between 3 and 50 characters",
        ["", "  ", "ab", "  ab  ", "x" * 51, "\u3000ab\n"],
    ),
    (
        "username",
        "Username must not contain control characters or @",
        ["a@b", "@@@", "a\u0007b", "a\u200bb", "a\nb", "a\u202eb", "ab\u007fc"],
    ),
    (
        "email",
        "Email must be a valid email address",
        ["", " ", "ada", "@example.org", "ada@", "ada@localhost", "x" * 65 + "@example.org"],
    ),
    ("first_name", "First name must be less than 100 characters", ["x" * 101, "鳥" * 101]),
    ("last_name", "Last name must be less than 100 characters", ["x" * 101, " " * 101]),
    ("role", NO_ROLE, ["", " ", "owner", "super admin", "ad_min", " Admin", "Admin\n", "root"]),
]


@pytest.mark.parametrize(("member", "message", "values"), VIOLATIONS)
async def test_what_is_refused_is_named(
    ada: Person, admin: Person, member: str, message: str, values: list[str]
) -> None:
    for value in values:
        for person, user_id in ((ada, ada.id), (admin, ada.id), (ada, NOBODY)):
            answer = await person.put(at(user_id), **{member: value})

            assert problems(answer) == [(member, message)], value


async def test_everything_wrong_is_listed_in_the_contracts_order(ada: Person) -> None:
    answer = await ada.put(
        at(NOBODY),
        is_active=False,
        role="x",
        last_name="x" * 101,
        first_name="x" * 101,
        email="x",
        username="x",
    )

    assert problems(answer) == [
        ("username", "Username must be between 3 and 50 characters"),
        ("email", "Email must be a valid email address"),
        ("first_name", "First name must be less than 100 characters"),
        ("last_name", "Last name must be less than 100 characters"),
        ("role", NO_ROLE),
    ]


@pytest.mark.parametrize(
    ("member", "values"),
    [
        *((name, [1, True, [], {}]) for name in ("username", "email", "first_name", "role")),
        ("last_name", [1, 1.5, False, ["x"], {"x": 1}]),
        ("is_active", [0, 1, "true", "", [], {}]),
    ],
)
async def test_a_member_of_a_wrong_type_is_named(
    ada: Person, member: str, values: list[Any]
) -> None:
    for value in values:
        answer = await ada.put(at(ada.id), **{member: value})

        assert refusal(answer) == (400, f"Invalid type for field: {member}"), value


async def test_of_several_wrong_types_the_contracts_first_is_named(ada: Person) -> None:
    for members in (
        ["username", "email", "role"],
        ["email", "first_name", "is_active"],
        ["role", "is_active"],
    ):
        answer = await ada.put(at(ada.id), **dict.fromkeys(reversed(members), 1), last_name="")

        assert refusal(answer) == (400, f"Invalid type for field: {members[0]}")


async def test_limits_are_inclusive_and_count_characters(ada: Person) -> None:
    names = {"username": "鳥" * 50, "first_name": "鳥" * 100, "last_name": "é" * 100}
    address = "x" * 64 + "@example.org"

    changed = data(await ada.put(at(ada.id), **names, email=address))

    assert {name: changed[name] for name in names} == names
    assert changed["email"] == address
    assert data(await ada.put(at(ada.id), username="鳥小屋"))["username"] == "鳥小屋"


@pytest.mark.parametrize(
    ("taken", "wanted"),
    [
        ("Ada", "ADA"),
        ("Ada", " ada "),
        ("Stra\u00dfe", "STRASSE"),
        ("\uff21da", "Ada"),
        ("\u00c9va", "e\u0301va"),
        ("カナリア", "ｶﾅﾘｱ"),
    ],
)
async def test_a_name_is_taken_in_whatever_form(
    ada: Person, pool: asyncpg.Pool, taken: str, wanted: str
) -> None:
    await plant_user(pool, taken)

    assert refusal(await ada.put(at(ada.id), username=wanted)) == NAME_TAKEN
    assert (await row(pool, ada.id))["version"] == 1


async def test_ones_own_name_may_be_written_otherwise(ada: Person) -> None:
    *_, last = [
        data(await ada.put(at(ada.id), username=name, email="eva@example.org"))
        for name in ("E\u0301va", "\u00c9VA", "\u00c9va")
    ]

    assert last["username"] == "\u00c9va"


async def test_an_address_is_taken_in_any_case_and_the_name_comes_first(
    ada: Person, pool: asyncpg.Pool
) -> None:
    await plant_user(pool, "Eve", email="eve@example.org", is_active=False)
    name, address = {"username": "EVE"}, {"email": " Eve@Example.ORG"}

    assert refusal(await ada.put(at(ada.id), **address)) == ADDRESS_TAKEN
    assert refusal(await ada.put(at(ada.id), **name, **address)) == NAME_TAKEN
    await plant_user(pool, "Other", email="other@example.org")
    other = {"email": "other@example.org"}
    assert refusal(await ada.put(at(ada.id), **name, **other)) == NAME_TAKEN
    stored = await row(pool, ada.id)
    assert (stored["username"], stored["version"]) == (ada.username, 1)


async def test_a_new_address_has_yet_to_be_verified(ada: Person, pool: asyncpg.Pool) -> None:
    await pool.execute("UPDATE users SET email_verified = true, email = 'ada@example.org'")

    same = data(await ada.put(at(ada.id), email="ADA@example.org", first_name="A"))
    other = data(await ada.put(at(ada.id), email="ada@example.net"))

    assert same["email_verified"] is True
    assert other["email_verified"] is False


async def test_who_has_a_new_address_signs_in_with_it(http: httpx.AsyncClient) -> None:
    success = await register(http)
    path = at(success["user"]["id"])
    body = {"email": "lovelace@example.org", "username": "Lovelace"}

    data(await http.put(path, json=body, headers=bearer(success)))

    assert (await login(http, email=body["email"]))["user"]["username"] == "Lovelace"
    old = {"email": ADA["email"], "password": ADA["password"]}
    assert refusal(await http.post("/auth/login", json=old)) == BAD_LOGIN
    assert (await register(http))["user"]["id"] != success["user"]["id"]


async def test_only_what_the_contract_names_can_be_changed(
    ada: Person, pool: asyncpg.Pool
) -> None:
    before = await row(pool, ada.id)
    others = {name: "x" for name in before if name not in {"username", "email", "role"}}
    members = others | {"password": "seven-red-hats", "Role": "Admin", "is_admin": True}
    del members["is_active"], members["first_name"], members["last_name"]

    data(await ada.put(at(ada.id), **members))

    after = await row(pool, ada.id)
    assert after | {"version": 1, "updated_at": before["updated_at"]} == before


@pytest.mark.parametrize("mine", Role)
@pytest.mark.parametrize("theirs", Role)
async def test_administrators_change_whoever_is_not_above_them(
    people: People, pool: asyncpg.Pool, mine: Role, theirs: Role
) -> None:
    person, other = await people.a(mine), await people.a(theirs)
    allowed = mine in ADMINISTRATORS and mine.at_least(theirs)

    answers = [
        await person.put(at(other.id), first_name="Other"),
        await person.put(at(other.id), role=theirs.value, is_active=True),
        await person.post(f"{at(other.id)}/role", role=ROLES[theirs]),
        await person.delete(at(other.id)),
    ]

    if allowed:
        for answer in answers[:3]:
            assert data(answer)["email"] == f"{other.id}@example.org"
        assert data(answers[3]) == DEACTIVATED
    else:
        assert [refusal(answer) for answer in answers] == [FORBIDDEN] * 4
        assert (await row(pool, other.id))["version"] == 1


@pytest.mark.parametrize("mine", ADMINISTRATORS)
@pytest.mark.parametrize("granted", Role)
async def test_administrators_grant_at_most_their_own_role(
    people: People, pool: asyncpg.Pool, mine: Role, granted: Role
) -> None:
    person, ada, eve = await people.a(mine), await people.a(), await people.a()

    answers = [
        await person.put(at(ada.id), role=granted.value.upper()),
        await person.post(f"{at(eve.id)}/role", role=ROLES[granted].lower()),
    ]

    stored = [(await row(pool, other.id))["role"] for other in (ada, eve)]
    if mine.at_least(granted):
        assert [data(answer)["role"] for answer in answers] == [ROLES[granted]] * 2
        assert stored == [granted.value] * 2
    else:
        assert [refusal(answer) for answer in answers] == [FORBIDDEN] * 2
        assert stored == ["author"] * 2


@pytest.mark.parametrize("role", OTHERS)
async def test_nobody_promotes_or_disables_themselves(
    people: People, pool: asyncpg.Pool, role: Role
) -> None:
    person = await people.a(role)

    for wanted in Role:
        assert refusal(await person.put(at(person.id), role=wanted.value)) == FORBIDDEN
        assert refusal(await person.post(f"{at(person.id)}/role", role=wanted)) == FORBIDDEN
    for active in (True, False):
        assert refusal(await person.put(at(person.id), is_active=active)) == FORBIDDEN
    with_names = {"first_name": "A", "role": "subscriber"}
    assert refusal(await person.put(at(person.id), **with_names)) == FORBIDDEN
    stored = await row(pool, person.id)
    assert (stored["role"], stored["first_name"], stored["version"]) == (role, None, 1)


async def test_an_administrator_does_not_become_more(admin: Person, pool: asyncpg.Pool) -> None:
    for answer in (
        await admin.put(at(admin.id), role="super_admin"),
        await admin.post(f"{at(admin.id)}/role", role="SuperAdmin"),
    ):
        assert refusal(answer) == FORBIDDEN
    assert (await row(pool, admin.id))["role"] == "admin"


async def test_who_steps_down_has_no_way_back(admin: Person) -> None:
    stepped_down = data(await admin.post(f"{at(admin.id)}/role", role="Author"))

    assert stepped_down["role"] == "Author"
    assert stepped_down["email"] == f"{admin.id}@example.org"
    for answer in (
        await admin.post(f"{at(admin.id)}/role", role="Admin"),
        await admin.put(at(admin.id), role="Admin"),
    ):
        assert refusal(answer) == FORBIDDEN


async def test_a_new_role_counts_at_once(people: People, admin: Person) -> None:
    ada = await people.a(Role.SUBSCRIBER)
    assert refusal(await ada.get("/admin/posts")) == FORBIDDEN

    data(await admin.post(f"{at(ada.id)}/role", role="Editor"))
    assert data(await ada.get("/admin/posts")) == []

    data(await admin.put(at(ada.id), role="Subscriber"))
    assert refusal(await ada.get("/admin/posts")) == FORBIDDEN


@pytest.mark.parametrize("body", [{}, {"role": None}, {"role": ""}, {"role": "owner"}])
async def test_a_role_must_be_given_and_be_one(
    people: People, admin: Person, body: dict[str, Any]
) -> None:
    for person in (admin, await people.a(Role.SUBSCRIBER)):
        for user_id in (person.id, NOBODY):
            answer = await person.post(f"{at(user_id)}/role", **body)

            assert problems(answer) == [("role", NO_ROLE)]


@pytest.mark.parametrize("value", [1, True, ["Admin"], {}])
async def test_a_role_must_be_text(ada: Person, value: object) -> None:
    answer = await ada.post(f"{at(ada.id)}/role", role=value)

    assert refusal(answer) == (400, "Invalid type for field: role")


async def test_one_check_comes_after_the_other(
    people: People, admin: Person, pool: asyncpg.Pool
) -> None:
    ada, root = await people.a(), await people.a(Role.SUPER_ADMIN)
    await plant_user(pool, "Taken", email="taken@example.org")
    taken = {"username": "taken", "email": "taken@example.org"}

    # The body, then whether the account is there, then whether one may, then the rest.
    assert problems(await ada.put(at(NOBODY), username="", role="Admin"))
    assert refusal(await ada.put(at(NOBODY), **taken, role="Admin")) == NOT_FOUND
    assert refusal(await ada.put(at(root.id), **taken)) == FORBIDDEN
    assert refusal(await ada.put(at(ada.id), **taken, is_active=True)) == FORBIDDEN
    assert refusal(await admin.put(at(root.id), **taken)) == FORBIDDEN
    assert refusal(await admin.put(at(ada.id), **taken, role="SuperAdmin")) == FORBIDDEN
    assert refusal(await admin.put(at(ada.id), **taken, role="Admin")) == NAME_TAKEN
    # Who gives no roles learns of no account.
    assert refusal(await ada.post(f"{at(NOBODY)}/role", role="Admin")) == FORBIDDEN
    assert refusal(await admin.post(f"{at(NOBODY)}/role", role="SuperAdmin")) == NOT_FOUND
    assert refusal(await admin.post(f"{at(root.id)}/role", role="Author")) == FORBIDDEN
    for person in (ada, admin):
        assert refusal(await person.delete(at(NOBODY))) == NOT_FOUND
    assert refusal(await ada.delete(at(root.id))) == FORBIDDEN


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/users/x"), ("DELETE", "/users/x"), ("POST", "/users/x/role")]
)
async def test_an_id_must_be_one_before_all_else(ada: Person, method: str, path: str) -> None:
    assert refusal(await ada.send(method, path, content=b"{")) == (400, "Invalid id")


async def test_people_deactivate_themselves(ada: Person, pool: asyncpg.Pool) -> None:
    assert data(await ada.delete(at(ada.id))) == DEACTIVATED

    stored = await row(pool, ada.id)
    assert (stored["is_active"], stored["version"], stored["role"]) == (False, 2, "subscriber")
    assert abs((stored["updated_at"] - datetime.now(UTC)).total_seconds()) < 60
    for answer in (await ada.get("/auth/profile"), await ada.delete(at(ada.id))):
        assert refusal(answer) == BAD_TOKEN


async def test_what_is_inactive_can_be_deactivated_again(
    admin: Person, pool: asyncpg.Pool
) -> None:
    user_id = await plant_user(pool, "Gone", is_active=False)

    for version in (2, 3):
        assert data(await admin.delete(at(user_id))) == DEACTIVATED
        assert (await row(pool, user_id))["version"] == version
    assert data(await admin.get(at(user_id)))["is_active"] is False


async def test_an_administrator_deactivates_by_either_way(
    people: People, admin: Person
) -> None:
    ada, eve = await people.a(), await people.a()

    data(await admin.delete(at(ada.id)))
    assert data(await admin.put(at(eve.id), is_active=False))["is_active"] is False

    for person in (ada, eve):
        assert refusal(await person.get("/auth/profile")) == BAD_TOKEN


async def test_all_sessions_of_a_deactivated_account_end(
    http: httpx.AsyncClient, admin: Person, pool: asyncpg.Pool
) -> None:
    first = await register(http)
    second = await login(http, remember_me=True)
    path = at(first["user"]["id"])

    data(await admin.put(path, is_active=False))

    for success in (first, second):
        assert refusal(await http.get("/tags", headers=bearer(success))) == BAD_TOKEN
        token = success["tokens"]["refresh_token"]
        assert refusal(await refreshed(http, token)) == BAD_TOKEN
    body = {"email": ADA["email"], "password": ADA["password"]}
    assert refusal(await http.post("/auth/login", json=body)) == BAD_LOGIN
    ends = await pool.fetch("SELECT end_reason FROM sessions WHERE user_id <> $1", admin.id)
    assert [end["end_reason"] for end in ends] == ["deactivated"] * 2
    assert data(await admin.get("/tags"))["items"] == []

    # Reactivated, the account is as before, but nobody is signed in to it.
    assert data(await admin.put(path, is_active=True))["is_active"] is True
    for success in (first, second):
        assert refusal(await http.get("/tags", headers=bearer(success))) == BAD_TOKEN
        token = success["tokens"]["refresh_token"]
        assert refusal(await refreshed(http, token)) == BAD_TOKEN
    assert (await login(http))["user"]["id"] == first["user"]["id"]


async def test_an_administrator_may_disable_themselves(admin: Person) -> None:
    changed = data(await admin.put(at(admin.id), is_active=False, first_name="A"))

    assert (changed["is_active"], changed["first_name"]) == (False, "A")
    assert refusal(await admin.put(at(admin.id), is_active=True)) == BAD_TOKEN


async def test_whoever_is_inactive_is_changed_like_others(
    admin: Person, pool: asyncpg.Pool
) -> None:
    user_id = await plant_user(pool, "Gone", is_active=False)

    changed = data(await admin.put(at(user_id), username="Back", role="editor"))

    assert (changed["username"], changed["role"], changed["is_active"]) == (
        "Back",
        "Editor",
        False,
    )


async def test_of_two_writers_each_keeps_what_it_sent(
    admin: Person, ada: Person, pool: asyncpg.Pool
) -> None:
    members = {
        "username": "Ada",
        "email": "ada@example.org",
        "first_name": "A",
        "last_name": "L",
        "role": "editor",
        "is_active": True,
    }

    answers = await asyncio.gather(
        *(admin.put(at(ada.id), **{name: value}) for name, value in members.items())
    )

    assert [answer.status_code for answer in answers] == [200] * 6
    stored = await row(pool, ada.id)
    assert {name: stored[name] for name in members} == members
    assert stored["version"] == 7


async def test_of_many_that_take_one_name_at_once_one_gets_it(
    people: People, pool: asyncpg.Pool
) -> None:
    persons = [await people.a() for _ in range(5)]

    for member, text, wanted in (
        ("username", NAME_TAKEN, "Canary"),
        ("email", ADDRESS_TAKEN, "canary@example.org"),
    ):
        answers = await asyncio.gather(
            *(person.put(at(person.id), **{member: wanted}) for person in persons)
        )

        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
        assert {refusal(each) for each in answers if each.is_error} == {text}
        column = "username" if member == "username" else "email"
        counted = await pool.fetchval(
            f"SELECT count(*) FROM users WHERE {column} = $1",  # noqa: S608 - one of two names
            wanted,
        )
        assert counted == 1


async def test_two_that_swap_names_at_once_do_not_stand_in_each_others_way(
    people: People,
) -> None:
    """One waits for the other, or is told that the name is taken; nobody waits for ever."""
    ada, eve = await people.a(), await people.a()

    answers = await asyncio.gather(
        ada.put(at(ada.id), username=eve.username), eve.put(at(eve.id), username=ada.username)
    )

    assert {answer.status_code for answer in answers} <= {200, 409, 503}


async def test_two_administrators_who_disable_each_other_do_not_stand_in_the_way(
    people: People,
) -> None:
    ada, eve = await people.a(Role.ADMIN), await people.a(Role.ADMIN)

    answers = await asyncio.gather(ada.delete(at(eve.id)), eve.delete(at(ada.id)))

    assert {answer.status_code for answer in answers} <= {200, 401}
    assert 200 in {answer.status_code for answer in answers}


LOSSES = [
    ("UPDATE users SET role = 'author' WHERE id = $1", FORBIDDEN),
    ("UPDATE users SET role = 'editor' WHERE id = $1", FORBIDDEN),
    ("UPDATE users SET is_active = false WHERE id = $1", BAD_TOKEN),
    (
        "UPDATE sessions SET ended_at = now(), end_reason = 'logout' WHERE user_id = $1",
        BAD_TOKEN,
    ),
]


@pytest.mark.parametrize(
    ("loss", "expected"), LOSSES, ids=["author", "editor", "inactive", "signed out"]
)
async def test_who_sends_slowly_keeps_neither_role_nor_session(
    people: People, pool: asyncpg.Pool, loss: str, expected: tuple[int, str]
) -> None:
    """The credentials are looked at before the body, which may take as long as it likes."""
    eve, accomplice = await people.a(Role.ADMIN), await people.a()

    for target in (accomplice, eve):
        for method, path, body in (
            ("PUT", at(target.id), b'{"role": "Admin", "is_active": true}'),
            ("POST", f"{at(target.id)}/role", b'{"role": "Admin"}'),
        ):
            await pool.execute("UPDATE users SET role = 'author', is_active = true")
            await pool.execute("UPDATE sessions SET ended_at = NULL, end_reason = NULL")
            await pool.execute("UPDATE users SET role = 'admin' WHERE id = $1", eve.id)

            async def slowly(body: bytes = body) -> AsyncIterator[bytes]:
                yield body[:5]
                await pool.execute(loss, eve.id)
                yield body[5:]

            answer = await eve.send(method, path, content=slowly(), headers=JSON)

            assert refusal(answer) == expected, (method, path)
            assert (await row(pool, accomplice.id))["role"] == "author"
            assert (await row(pool, eve.id))["version"] == 1


async def test_while_an_account_is_deactivated_nobody_slips_in(
    http: httpx.AsyncClient, admin: Person, pool: asyncpg.Pool
) -> None:
    success = await register(http)
    body = {"email": ADA["email"], "password": ADA["password"]}
    deactivate = admin.delete(at(success["user"]["id"]))

    answers = await asyncio.gather(
        *(http.post("/auth/login", json=body) for _ in range(3)), deactivate
    )

    data(answers[-1])
    live = "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND user_id <> $1"
    assert await pool.fetchval(live, admin.id) == 0


async def test_bodies_of_odd_forms_change_nothing(ada: Person, pool: asyncpg.Pool) -> None:
    for content, answered in (
        (b"", (400, "Malformed JSON")),
        (b"null", (400, "Expected a JSON object")),
        (b"[]", (400, "Expected a JSON object")),
        (b'{"first_name": "\\u0000"}', (400, "Malformed JSON")),
        (b'{"first_name": "\xff"}', (400, "Malformed JSON")),
        (b'{"first_name": "\\ud800"}', (400, "Malformed JSON")),
        (
            json.dumps({"first_name": ["x"]}).encode(),
            (400, "Invalid type for field: first_name"),
        ),
    ):
        answer = await ada.send("PUT", at(ada.id), content=content, headers=JSON)

        assert refusal(answer) == answered, content
    plain = await ada.send("PUT", at(ada.id), content=b"{}")
    assert refusal(plain) == (415, "Expected application/json")
    assert (await row(pool, ada.id))["version"] == 1
