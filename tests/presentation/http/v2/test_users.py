"""Accounts over contract v2: who sees what of whom, and who may change it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.identity.accounts import username_key
from serinus.domain.identity.caller import Role
from tests.support.identity import HASH, PASSWORD
from tests.support.whole_v2 import Client, Clock, problem

USERS, ME, LOGIN = "/api/v2/users", "/api/v2/users/me", "/api/v2/auth/login"
NEW = "nine-blue-boats"
HIDDEN = {"email", "role", "is_active", "email_verified", "last_login"}
FORBIDDEN = (403, "insufficient_permissions")
ROLES = [role.value for role in Role]


@pytest.fixture
async def boss(client: Client, pool: asyncpg.Pool) -> Client:
    return await somebody(client, pool, "boss", Role.SUPER_ADMIN)


@pytest.fixture
async def admin(client: Client, pool: asyncpg.Pool) -> Client:
    return await somebody(client, pool, "root", Role.ADMIN)


@pytest.fixture
async def ada(client: Client) -> Client:
    return await client.register(first_name="Ada")


async def somebody(client: Client, pool: asyncpg.Pool, name: str, role: Role) -> Client:
    known = await client.register(name)
    await pool.execute("UPDATE users SET role = $2 WHERE username = $1", name, role)
    return known


async def planted(pool: asyncpg.Pool, *names: str, **columns: Any) -> None:
    """Without the price of a password."""
    row = {"role": "author", "is_active": True, "created_at": Clock().at} | columns
    for name in names:
        await pool.execute(
            """
            INSERT INTO users (id, username, username_key, email, password_hash,
                               role, is_active, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
            """,
            uuid7(),
            name,
            username_key(name),
            f"{username_key(name)}@example.org",
            HASH,
            *row.values(),
        )


def id_of(client: Client) -> str:
    return str(client.signed_in["user"]["id"])


def path_of(client: Client) -> str:
    return f"{USERS}/{id_of(client)}"


async def names(client: Client, query: str) -> list[str]:
    answer = await client.get(f"{USERS}?{query}")
    assert answer.status_code == 200, answer.text
    return [user["username"] for user in answer.json()["data"]]


async def test_an_account_is_seen_whole_by_its_owner_and_by_administrators(
    ada: Client, admin: Client
) -> None:
    own, overseen = await ada.get(path_of(ada)), await admin.get(path_of(ada))

    assert own.json() == overseen.json() == ada.signed_in["user"]
    assert own.headers["etag"].startswith('"1-')
    assert own.headers["cache-control"] == "private, no-store"


async def test_others_see_the_names(ada: Client, admin: Client) -> None:
    told = (await ada.get(path_of(admin))).json()
    listed = (await ada.get(f"{USERS}?fields[user]=username,email,role")).json()["data"]

    assert told.keys() == ada.signed_in["user"].keys() - HIDDEN
    assert listed[0].keys() == {"username", "email", "role"}
    assert listed[1] == {"username": "root"}


async def test_who_is_not_there_is_not_found(ada: Client, admin: Client) -> None:
    nobody = f"{USERS}/{uuid7()}"

    problem(await ada.get(nobody), 404, "user_not_found")
    problem(await admin.delete(nobody), 404, "user_not_found")
    problem(await admin.sends(if_match="*").patch(nobody, {}), 404, "user_not_found")


async def test_users_are_listed_by_name_whatever_its_case(
    pool: asyncpg.Pool, admin: Client
) -> None:
    await planted(pool, "Zoe", "abe", "Bea", "鳥居直子")

    assert await names(admin, "") == ["abe", "Bea", "root", "Zoe", "鳥居直子"]
    assert await names(admin, "sort=-username&limit=2") == ["鳥居直子", "Zoe"]
    assert await names(admin, "filter[username][prefix]=B") == ["Bea"]
    assert await names(admin, "filter[username][prefix]=鳥居") == ["鳥居直子"]
    assert await names(admin, "filter[username]=ZOE") == ["Zoe"]
    assert await names(admin, "filter[username][in]=bea,nobody,abe") == ["abe", "Bea"]
    assert await names(admin, "filter[email]=Zoe@Example.org") == ["Zoe"]


async def test_users_are_filtered_by_role_and_activity(
    pool: asyncpg.Pool, admin: Client
) -> None:
    await planted(pool, "amy", "eve")
    await planted(pool, "bob", role="editor")
    await planted(pool, "cat", "dog", is_active=False)

    assert await names(admin, "filter[role]=author") == ["amy", "cat", "dog", "eve"]
    assert await names(admin, "filter[role]=author&filter[active]=true") == ["amy", "eve"]
    assert await names(admin, "filter[role][in]=admin,editor") == ["bob", "root"]
    assert await names(admin, "filter[role][ne]=author") == ["bob", "root"]
    assert await names(admin, "filter[active]=false&sort=-username") == ["dog", "cat"]
    assert await names(admin, "filter[role]=author&filter[role][ne]=author") == []
    counted = (await admin.get(f"{USERS}?filter[role]=author&count=exact&limit=1")).json()
    assert counted["count"] == {"value": 4, "exact": True}


async def test_users_are_filtered_by_age_the_newest_first(
    pool: asyncpg.Pool, admin: Client, clock: Clock
) -> None:
    await planted(pool, "amy", created_at=clock.at + timedelta(days=2))
    await planted(pool, "bob", created_at=clock.at + timedelta(days=4), role="editor")

    assert await names(admin, "filter[created_at][gte]=2030-01-02") == ["bob", "amy"]
    assert await names(admin, "filter[created_at][lt]=2030-01-05&sort=created_at") == [
        *("root", "amy"),
    ]
    assert await names(admin, "filter[created_at][gt]=2030-01-02&filter[role]=author") == [
        "amy"
    ]


@pytest.mark.parametrize(
    "query",
    [
        "filter[created_at][gte]=2030-01-02&sort=username",
        "filter[username][prefix]=a&sort=created_at",
        "filter[username][prefix]=a&filter[created_at][gte]=2030-01-02",
    ],
)
async def test_a_range_that_no_index_serves_is_refused(admin: Client, query: str) -> None:
    problem(await admin.get(f"{USERS}?{query}"), 400, "unsupported_combination")


@pytest.mark.parametrize("order", ["username", "-username", "created_at", "-created_at"])
@pytest.mark.parametrize("filtered", ["", "&filter[role][in]=author,admin,editor"])
async def test_cursors_lead_through_all_users_and_back(
    pool: asyncpg.Pool, admin: Client, order: str, filtered: str
) -> None:
    for number, name in enumerate(["Amy", "bob", "Cat", "dog"]):
        await planted(pool, name, role=ROLES[1 + number % 3])
    query = f"{USERS}?sort={order}&limit=2&fields[user]=username{filtered}"

    first = (await admin.get(query)).json()
    second = (await admin.get(f"{query}&after={first['page']['next']}")).json()
    third = (await admin.get(f"{query}&after={second['page']['next']}")).json()
    back = (await admin.get(f"{query}&before={third['page']['prev']}")).json()

    found = [user["username"] for page in (first, second, third) for user in page["data"]]
    assert sorted(found) == ["Amy", "Cat", "bob", "dog", "root"]
    assert third["page"]["next"] is None
    assert back["data"] == second["data"]


async def test_what_may_not_be_seen_is_not_found_out_by_filters(ada: Client) -> None:
    for query in ("role]=admin", "active]=false", "email]=root@example.org", "role][ne]=admin"):
        problem(await ada.get(f"{USERS}?filter[{query}"), *FORBIDDEN)
    assert await names(ada, "filter[username]=ADA") == ["ada"]


async def test_a_filter_that_there_is_not_names_the_one_that_was_meant(ada: Client) -> None:
    told = problem(await ada.get(f"{USERS}?filter[rol]=admin"), 400, "unknown_parameter")

    assert "filter[role]" in told["detail"]


async def test_an_administrator_adds_an_account_that_can_sign_in(
    client: Client, admin: Client
) -> None:
    body = {
        "username": " Naoko ",
        "email": "Naoko@Example.org",
        "password": PASSWORD,
        "role": "editor",
        "first_name": "直子",
    }

    made = await admin.post(USERS, body)

    told = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"{USERS}/{told['id']}")
    assert (await admin.get(made.headers["location"])).headers["etag"] == made.headers["etag"]
    assert told == told | {
        "username": "Naoko",
        "email": "naoko@example.org",
        "role": "editor",
        "first_name": "直子",
        "last_name": None,
        "is_active": True,
        "email_verified": False,
        "last_login": None,
        "version": 1,
    }
    naoko = await client.login("naoko")
    assert naoko.signed_in["user"]["id"] == told["id"]


async def test_an_account_without_a_password_waits_for_one(
    client: Client, admin: Client
) -> None:
    made = (await admin.post(USERS, {"username": "eve", "email": "eve@example.org"})).json()
    login = {"email": "eve@example.org", "password": PASSWORD}

    assert made["role"] == "subscriber"
    problem(await client.post(LOGIN, login), 401, "invalid_credentials")
    path = f"{USERS}/{made['id']}"
    assert (await admin.sends(if_match="*").patch(path, {"password": PASSWORD})).is_success
    assert (await client.login("eve")).signed_in


async def test_only_administrators_add_accounts_and_none_above_themselves(
    ada: Client, admin: Client, boss: Client
) -> None:
    body = {"username": "eve", "email": "eve@example.org", "role": "super_admin"}

    problem(await ada.post(USERS, body | {"role": "subscriber"}), *FORBIDDEN)
    problem(await admin.post(USERS, body), *FORBIDDEN)
    assert (await boss.post(USERS, body)).status_code == 201


async def test_all_that_is_wrong_with_a_new_account_is_told_at_once(admin: Client) -> None:
    body = {"username": "a@b", "email": "x", "password": "short", "role": "autor", "nmae": 1}

    told = problem(await admin.post(USERS, body), 422, "validation_failed")

    assert {(each["pointer"], each["code"]) for each in told["errors"]} == {
        ("/username", "invalid_format"),
        ("/email", "invalid_format"),
        ("/password", "too_short"),
        ("/role", "not_allowed"),
        ("/nmae", "unknown_member"),
    }
    (role,) = [each for each in told["errors"] if each["pointer"] == "/role"]
    assert role["params"]["nearest"] == "author"


async def test_what_only_the_store_of_rules_knows_is_told_as_well(admin: Client) -> None:
    body = {"username": "password1", "email": "eve@example.org", "password": "password1"}

    told = problem(await admin.post(USERS, body), 422, "validation_failed")

    assert [(each["pointer"], each["code"]) for each in told["errors"]] == [
        ("/password", "too_common")
    ]


async def test_a_name_of_somebody_else_is_not_to_be_had(ada: Client, admin: Client) -> None:
    taken = {"username": "ADA", "email": "new@example.org"}

    problem(await admin.post(USERS, taken), 409, "username_taken")
    problem(
        await admin.post(USERS, {"username": "new", "email": "ADA@example.org"}),
        *(409, "email_taken"),
    )
    own = admin.sends(if_match="*")
    problem(await own.patch(path_of(admin), {"username": "ada"}), 409, "username_taken")


async def test_a_change_is_one_of_the_version_that_was_seen(ada: Client, admin: Client) -> None:
    seen = (await admin.get(path_of(ada))).headers["etag"]
    problem(await admin.patch(path_of(ada), {"role": "author"}), 428, "precondition_required")

    changed = await admin.sends(if_match=seen).patch(path_of(ada), {"role": "author"})
    stale = await admin.sends(if_match=seen).patch(path_of(ada), {"role": "editor"})

    assert (changed.status_code, changed.json()["role"]) == (200, "author")
    assert changed.json()["version"] == 2
    assert changed.headers["etag"] != seen
    problem(stale, 412, "stale_version")
    assert stale.headers["etag"] == '"2"'


async def test_a_change_of_nothing_is_none(ada: Client, admin: Client) -> None:
    body = {"role": "subscriber", "is_active": True, "first_name": "Ada"}

    answer = await admin.sends(if_match="*").patch(path_of(ada), body)

    assert (answer.status_code, answer.json()["version"]) == (200, 1)


async def test_people_change_their_own_names_and_clear_them(ada: Client) -> None:
    own = ada.sends(if_match="*")

    answer = await own.patch(path_of(ada), {"username": "Countess", "first_name": None})

    assert (answer.json()["username"], answer.json()["first_name"]) == ("Countess", None)
    problem(await own.patch(path_of(ada), {"role": "admin"}), *FORBIDDEN)
    problem(await own.patch(path_of(ada), {"is_active": True}), *FORBIDDEN)
    problem(await own.patch(path_of(ada), {"password": NEW}), *FORBIDDEN)


async def test_nobody_changes_others_without_being_an_administrator(
    ada: Client, admin: Client
) -> None:
    problem(await ada.sends(if_match="*").patch(path_of(admin), {}), *FORBIDDEN)
    problem(await ada.delete(path_of(admin)), *FORBIDDEN)


async def test_nobody_changes_whoever_is_above_them(admin: Client, boss: Client) -> None:
    change = admin.sends(if_match="*")

    problem(await change.patch(path_of(boss), {"first_name": "x"}), *FORBIDDEN)
    problem(await change.patch(path_of(boss), {"password": NEW}), *FORBIDDEN)
    problem(await admin.delete(path_of(boss)), *FORBIDDEN)
    problem(await change.patch(path_of(admin), {"role": "super_admin"}), *FORBIDDEN)


async def test_a_password_set_by_an_administrator_ends_all_sessions(
    client: Client, ada: Client, admin: Client
) -> None:
    answer = await admin.sends(if_match='"1"').patch(path_of(ada), {"password": NEW})

    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert "password" not in answer.text
    problem(await ada.get(ME), 401, "invalid_token")
    problem(await ada.refresh(), 401, "invalid_token")
    assert (await client.login(password=NEW)).signed_in
    assert (await admin.get(ME)).status_code == 200


async def test_a_password_set_by_an_administrator_follows_the_rules(
    ada: Client, admin: Client
) -> None:
    body = {"username": "password2", "password": "password2"}

    told = problem(
        await admin.sends(if_match="*").patch(path_of(ada), body), 422, "validation_failed"
    )

    assert [each["code"] for each in told["errors"]] == ["same_as_username"]
    assert (await ada.get(ME)).status_code == 200


async def test_nobody_sets_their_own_password_without_knowing_it(admin: Client) -> None:
    answer = await admin.sends(if_match="*").patch(path_of(admin), {"password": NEW})

    assert "/users/me" in problem(answer, *FORBIDDEN)["detail"]


async def test_a_deactivated_account_stays_and_can_be_brought_back(
    client: Client, ada: Client, admin: Client
) -> None:
    gone = await admin.delete(path_of(ada))

    assert (gone.status_code, gone.content) == (204, b"")
    problem(await ada.get(ME), 401, "invalid_token")
    left = (await admin.get(path_of(ada))).json()
    assert (left["is_active"], left["version"]) == (False, 2)
    problem(await admin.sends(if_match='"1"').delete(path_of(ada)), 412, "stale_version")
    back = await admin.sends(if_match='"2"').patch(path_of(ada), {"is_active": True})
    assert back.json()["is_active"]
    assert (await client.login()).signed_in
    problem(await ada.get(ME), 401, "invalid_token")


async def test_people_deactivate_themselves(ada: Client) -> None:
    assert (await ada.delete(path_of(ada))).status_code == 204
    problem(await ada.get(ME), 401, "invalid_token")


LOSING: list[tuple[str, Any]] = [
    ("DELETE", None),
    ("PATCH", {"is_active": False}),
    ("PATCH", {"role": "admin"}),
    ("PATCH", {"role": "admin", "is_active": False}),
]


@pytest.mark.parametrize(("method", "body"), LOSING)
async def test_the_last_super_administrator_stays(
    pool: asyncpg.Pool, boss: Client, admin: Client, method: str, body: Any
) -> None:
    await planted(pool, "gone", role="super_admin", is_active=False)
    own = boss.sends(if_match="*")

    problem(await own.send(method, path_of(boss), body), 409, "last_super_admin")

    assert (await own.patch(path_of(boss), {"first_name": "B"})).json()["role"] == "super_admin"
    assert (await boss.delete(path_of(admin))).status_code == 204
    await planted(pool, "heir", role="super_admin")
    assert (await own.send(method, path_of(boss), body)).is_success


async def test_of_two_super_administrators_who_depose_each_other_one_stays(
    client: Client, pool: asyncpg.Pool, boss: Client
) -> None:
    for number in range(4):
        heir = await somebody(client, pool, f"heir{number}", Role.SUPER_ADMIN)
        patch = {"role": "editor"}

        answers = await asyncio.gather(
            boss.sends(if_match="*").patch(path_of(heir), patch),
            heir.sends(if_match="*").patch(path_of(boss), patch),
            boss.delete(path_of(boss)),
            heir.delete(path_of(heir)),
        )

        left = await pool.fetch("SELECT id FROM users WHERE role = 'super_admin' AND is_active")
        assert len(left) >= 1, [answer.text for answer in answers]
        boss = boss if str(left[0]["id"]) == id_of(boss) else heir
        boss = replace(boss)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", USERS),
        ("POST", USERS),
        ("GET", f"{USERS}/0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11"),
        ("PATCH", f"{USERS}/0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11"),
        ("DELETE", f"{USERS}/0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11"),
    ],
)
async def test_all_of_this_is_for_those_who_are_signed_in(
    client: Client, method: str, path: str
) -> None:
    problem(await client.send(method, path), 401, "missing_credentials")
