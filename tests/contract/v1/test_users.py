"""GET of users: what is seen of whom, pages, filters, sorting."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from serinus.domain.identity.accounts import username_key
from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, Person, data, refusal
from tests.contract.v1.seeding import NOON, plant_post
from tests.contract.v1.test_accounts import USER_MEMBERS

NOBODY = UUID("0198a6a0-0000-7000-8000-00000000000c")
NOT_FOUND = (404, "User not found")
ADMINISTRATORS = (Role.SUPER_ADMIN, Role.ADMIN)
OTHERS = (Role.EDITOR, Role.AUTHOR, Role.CONTRIBUTOR, Role.SUBSCRIBER)
ROLES = {
    "super_admin": "SuperAdmin",
    "admin": "Admin",
    "editor": "Editor",
    "author": "Author",
    "contributor": "Contributor",
    "subscriber": "Subscriber",
}
WHEN = "2030-01-01T12:00:00.000000Z"


async def plant_user(pool: asyncpg.Pool, username: str, **columns: Any) -> UUID:
    """Insert an account; what is not said is unremarkable."""
    user_id = columns.setdefault("id", uuid7())
    row = {
        "username": username,
        "username_key": username_key(username),
        "email": f"{user_id}@example.org",
        "role": "author",
        "created_at": NOON,
        "updated_at": NOON,
        **columns,
    }
    names = ", ".join(row)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    statement = f"INSERT INTO users ({names}) VALUES ({places})"  # noqa: S608 - names are ours
    await pool.execute(statement, *row.values())
    return UUID(str(user_id))


@pytest.fixture
async def admin(people: People) -> Person:
    return await people.a(Role.ADMIN)


@pytest.fixture
async def reader(people: People) -> Person:
    return await people.a(Role.SUBSCRIBER)


def names(page: dict[str, Any]) -> list[str]:
    return [user["username"] for user in page["items"]]


async def test_an_administrator_sees_the_whole_account(
    people: People, pool: asyncpg.Pool
) -> None:
    user_id = await plant_user(
        pool,
        "Ada 金糸雀",
        email="ada@example.org",
        first_name="Ada",
        role="super_admin",
        is_active=False,
        email_verified=True,
        last_login=NOON,
    )

    for role in ADMINISTRATORS:
        user = data(await (await people.a(role)).get(f"/users/{user_id}"))

        assert list(user) == USER_MEMBERS
        assert user == {
            "id": str(user_id),
            "username": "Ada 金糸雀",
            "email": "ada@example.org",
            "first_name": "Ada",
            "last_name": None,
            "role": "SuperAdmin",
            "is_active": False,
            "email_verified": True,
            "last_login": WHEN,
            "created_at": WHEN,
            "updated_at": WHEN,
        }


@pytest.mark.parametrize("role", OTHERS)
async def test_nobody_else_sees_addresses_roles_and_sign_ins(
    people: People, pool: asyncpg.Pool, role: Role
) -> None:
    user_id = await plant_user(pool, "Ada", first_name="Ada", last_name="L", last_login=NOON)
    viewer = await people.a(role)

    user = data(await viewer.get(f"/users/{user_id}"))

    assert list(user) == USER_MEMBERS
    assert (user["email"], user["role"], user["last_login"]) == (None, None, None)
    assert (user["username"], user["first_name"], user["last_name"]) == ("Ada", "Ada", "L")
    assert (user["is_active"], user["email_verified"]) == (True, False)
    assert user["created_at"] == user["updated_at"] == WHEN
    listed = data(await viewer.get("/users"))["items"]
    assert user in listed


@pytest.mark.parametrize("role", Role)
async def test_of_oneself_one_sees_everything(people: People, role: Role) -> None:
    person = await people.a(role)

    own = data(await person.get(f"/users/{person.id}"))

    assert own == data(await person.get("/auth/profile"))
    assert own in data(await person.get("/users"))["items"]
    assert own["role"] == ROLES[role]
    assert own["email"] == f"{person.id}@example.org"


async def test_an_unknown_account_is_not_found(reader: Person) -> None:
    assert refusal(await reader.get(f"/users/{uuid4()}")) == NOT_FOUND
    assert refusal(await reader.get(f"/users/{uuid4()}/posts")) == NOT_FOUND


async def test_inactive_accounts_are_listed_and_shown(
    reader: Person, pool: asyncpg.Pool
) -> None:
    user_id = await plant_user(pool, "Gone", is_active=False)

    assert data(await reader.get(f"/users/{user_id}"))["is_active"] is False
    assert sorted(names(data(await reader.get("/users")))) == sorted(["Gone", reader.username])


@pytest.mark.parametrize("user_id", ["1", "me", "nonsense", NOBODY.hex, f"{{{NOBODY}}}"])
async def test_an_id_must_be_one(reader: Person, user_id: str) -> None:
    for path in (f"/users/{user_id}", f"/users/{user_id}/posts?page=x"):
        assert refusal(await reader.get(path)) == (400, "Invalid id")


async def test_ids_are_read_in_any_case(reader: Person) -> None:
    assert data(await reader.get(f"/users/{str(reader.id).upper()}"))["id"] == str(reader.id)


async def test_accounts_come_in_pages(reader: Person, pool: asyncpg.Pool) -> None:
    for number in range(24):
        at = NOON + timedelta(minutes=number)
        await plant_user(pool, f"User {number:02}", created_at=at)
    newest_first = [*(f"User {number:02}" for number in range(23, -1, -1)), reader.username]

    first, second = data(await reader.get("/users")), data(await reader.get("/users", page=2))

    assert list(first) == ["items", "total", "page", "limit", "total_pages"]
    assert names(first) == newest_first[:20]
    assert {**first, "items": []} == {
        "items": [],
        "total": 25,
        "page": 1,
        "limit": 20,
        "total_pages": 2,
    }
    assert names(second) == newest_first[20:]
    third = data(await reader.get("/users", page=3))
    assert (third["items"], third["total"], third["page"]) == ([], 25, 3)
    beyond = data(await reader.get("/users", page="9" * 30))
    assert (beyond["items"], beyond["total"]) == ([], 25)


CLAMPS = [
    ({"page": "0", "limit": "0"}, 1, 20),
    ({"page": "1", "limit": "100"}, 1, 100),
    ({"page": "2", "limit": "101"}, 2, 100),
    ({"limit": "9" * 30}, 1, 100),
    ({"page": "007", "limit": "03"}, 7, 3),
    ({}, 1, 20),
]


@pytest.mark.parametrize(("query", "page", "limit"), CLAMPS)
async def test_numbers_out_of_bounds_are_moved_into_them(
    reader: Person, query: dict[str, str], page: int, limit: int
) -> None:
    for path in ("/users", f"/users/{reader.id}/posts"):
        found = data(await reader.get(path, **query))
        assert (found["page"], found["limit"], found["total_pages"]) == (page, limit, 1)


async def test_accounts_are_sorted_both_ways(admin: Person, pool: asyncpg.Pool) -> None:
    for name, created, updated in (("bea", 2, 3), ("abe", 3, 1), ("cyd", 1, 2)):
        created_at, updated_at = (NOON + timedelta(days=days) for days in (created, updated))
        await plant_user(
            pool, name, created_at=created_at, updated_at=updated_at, is_active=False
        )

    async def order(**query: str) -> str:
        return "".join(
            name[0] for name in names(data(await admin.get("/users", active="false", **query)))
        )

    columns = {"username": "abc", "created_at": "cba", "updated_at": "acb"}
    for column, ascending in columns.items():
        assert await order(sort=column) == ascending
        assert await order(sort=f"-{column}") == ascending[::-1]
    for unknown in ("", "-", "email", "role", "last_login", "id", "Username", "--username"):
        assert await order(sort=unknown) == "abc", unknown
    assert await order() == "abc"


async def test_ties_are_broken_by_id_in_the_same_direction(
    reader: Person, pool: asyncpg.Pool
) -> None:
    for name in ("dot", "bea", "cyd"):
        await plant_user(pool, name, is_active=False)

    for column in ("created_at", "updated_at"):
        up = data(await reader.get("/users", sort=column, active="false"))
        down = data(await reader.get("/users", sort=f"-{column}", active="false"))
        assert names(up) == ["dot", "bea", "cyd"]
        assert names(down) == ["cyd", "bea", "dot"]


@pytest.mark.parametrize("role", Role)
async def test_roles_are_found_in_any_spelling(
    people: People, admin: Person, role: Role
) -> None:
    other = await people.a(role)
    expected = {other.username} | ({admin.username} if role is Role.ADMIN else set())

    for spelling in (role.value, ROLES[role], role.value.upper(), ROLES[role].lower()):
        page = data(await admin.get("/users", role=spelling))

        assert set(names(page)) == expected, spelling
        assert page["total"] == len(expected)


@pytest.mark.parametrize("role", OTHERS)
async def test_who_sees_no_roles_finds_themselves_at_most(people: People, role: Role) -> None:
    viewer, _ = await people.a(role), [await people.a(other) for other in Role]

    for wanted in Role:
        page = data(await viewer.get("/users", role=wanted.value, active="true"))

        found = [viewer.username] if wanted is role else []
        assert (names(page), page["total"]) == (found, len(found))
        assert page["total_pages"] == 1
    assert data(await viewer.get("/users", role=role.value, active="false"))["total"] == 0


async def test_activity_filters_in_any_case(reader: Person, pool: asyncpg.Pool) -> None:
    await plant_user(pool, "Gone", is_active=False)

    for spelling in ("false", "FALSE", "False"):
        assert names(data(await reader.get("/users", active=spelling))) == ["Gone"]
    for spelling in ("true", "TRUE", "True"):
        assert names(data(await reader.get("/users", active=spelling))) == [reader.username]


WRONG = [
    ("page", ["x", "-1", "1.0", "", " 1", "+1", "1e3", "٣", "0x10"]),
    ("limit", ["x", "-1", "1.5", "", "1 "]),
    ("role", ["", "owner", "ad_min", "super-admin", " admin", "superadmin_", "admin,editor"]),
    ("active", ["", "1", "0", "yes", "null", " true"]),
]


@pytest.mark.parametrize(("name", "values"), WRONG)
async def test_a_query_that_means_nothing_is_named(
    reader: Person, admin: Person, name: str, values: list[str]
) -> None:
    for value in values:
        for person in (reader, admin):
            answer = await person.get("/users", **{name: value})

            assert refusal(answer) == (400, f"Invalid query parameter: {name}"), value


async def test_of_several_the_contracts_first_is_named(reader: Person) -> None:
    names_in_order = ["page", "limit", "role", "active"]
    for left_out in range(4):
        wrong = names_in_order[left_out:]

        answer = await reader.get("/users", **dict.fromkeys(reversed(wrong), "x"))

        assert refusal(answer) == (400, f"Invalid query parameter: {wrong[0]}")


async def test_unknown_parameters_are_ignored_and_the_last_of_several_counts(
    reader: Person,
) -> None:
    page = data(await reader.get("/users?email=x&limit=x&limit=2&active=false&active=true"))

    assert (names(page), page["limit"]) == ([reader.username], 2)


async def test_nothing_is_found_by_what_is_hidden(reader: Person, pool: asyncpg.Pool) -> None:
    """Neither by parameters that other lists have, nor by the order."""
    await plant_user(pool, "Ada", email="ada@example.org", last_login=NOON)

    for query in ("email=nobody", "q=nobody", "last_login=x", "username=nobody"):
        assert data(await reader.get(f"/users?{query}"))["total"] == 2
    by_email, by_age = await reader.get("/users?sort=email"), await reader.get("/users")
    assert data(by_email) == data(by_age)


async def test_the_posts_of_somebody_are_listed_like_posts(
    people: People, reader: Person
) -> None:
    ada, eve = await people.a(), await people.a()
    shown = await ada.wrote("Shown", tags=["b", "a"], category="C", published=True)
    draft = await ada.wrote("Draft", tags=["b"])
    await eve.wrote("Another's", published=True)
    editor = await people.a(Role.EDITOR)

    async def ids(person: Person, **query: Any) -> list[str]:
        page = data(await person.get(f"/users/{ada.id}/posts", **query))
        assert page["total"] == len(page["items"])
        return [post["id"] for post in page["items"]]

    assert data(await reader.get(f"/users/{ada.id}/posts"))["items"] == [shown]
    for person in (ada, editor):
        assert await ids(person) == [draft["id"], shown["id"]]
        assert await ids(person, sort="title") == [draft["id"], shown["id"]]
        assert await ids(person, status="draft") == [draft["id"]]
        assert await ids(person, tag="A") == [shown["id"]]
    assert await ids(eve) == [shown["id"]]
    assert await ids(reader, status="draft") == []
    assert await ids(reader, tag="unknown") == []


async def test_whose_posts_says_the_path_alone(people: People, reader: Person) -> None:
    ada, eve = await people.a(), await people.a()
    shown = await ada.wrote(published=True)
    path = f"/users/{ada.id}/posts"

    assert data(await reader.get(path, author=str(eve.id)))["items"] == [shown]
    for name, wrong in {"author": "x", "status": "scheduled", "page": "x"}.items():
        for person_id in (ada.id, uuid4()):
            answer = await reader.get(f"/users/{person_id}/posts", **{name: wrong})

            assert refusal(answer) == (400, f"Invalid query parameter: {name}")


async def test_who_has_written_nothing_has_no_posts(reader: Person) -> None:
    assert data(await reader.get(f"/users/{reader.id}/posts")) == {
        "items": [],
        "total": 0,
        "page": 1,
        "limit": 20,
        "total_pages": 1,
    }


async def test_posts_stay_when_their_author_is_gone(reader: Person, pool: asyncpg.Pool) -> None:
    user_id = await plant_user(pool, "Gone", is_active=False)
    post_id = await plant_post(pool, user_id)
    await plant_post(pool, user_id, deleted_at=NOON)

    (shown,) = data(await reader.get(f"/users/{user_id}/posts"))["items"]

    assert shown["id"] == str(post_id)
