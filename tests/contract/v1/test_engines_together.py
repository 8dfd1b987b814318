"""What one engine begins, the other goes on with: a client never notices which one answers."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People, data, refusal
from tests.contract.v1.engines import Engine, other, serving
from tests.contract.v1.test_accounts import ADA, BAD_TOKEN, bearer, login, refreshed, register


@pytest.fixture
async def there(engine: Engine, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The other engine, on the same database."""
    async with serving(other(engine), database_url) as http:
        yield http


async def works(http: httpx.AsyncClient, success: dict[str, Any]) -> bool:
    return (await http.get("/auth/profile", headers=bearer(success))).status_code == 200


async def test_an_account_of_one_engine_is_an_account_of_the_other(
    http: httpx.AsyncClient, there: httpx.AsyncClient
) -> None:
    registered = await register(http, username="Ada")

    assert await works(there, registered)
    assert (
        data(await there.get("/auth/profile", headers=bearer(registered)))
        == (registered["user"])
    )
    signed_in = await login(there)
    assert signed_in["user"]["id"] == registered["user"]["id"]
    assert await works(http, signed_in)
    for taken, text in {
        "username": "Username already taken",
        "email": "Email already registered",
    }.items():
        free = {"username": "Other", "email": "other@example.org"} | {taken: ADA[taken]}
        answer = await there.post("/auth/register", json={**ADA, **free})
        assert refusal(answer) == (409, text)


@pytest.mark.parametrize("password", ["yellow feathers 1", "金糸雀" * 30, "x" * 72, "x" * 73])
async def test_both_engines_verify_what_either_has_hashed(
    http: httpx.AsyncClient, there: httpx.AsyncClient, password: str
) -> None:
    await register(http, password=password)

    for engine in (there, http, there):
        assert await login(engine, password=password)
        wrong = {"email": ADA["email"], "password": password[:-1] + "!"}
        assert (await engine.post("/auth/login", json=wrong)).status_code == 401


async def test_a_hash_that_engine_v2_made_stronger_still_opens_engine_v1(
    database_url: str, pool: asyncpg.Pool
) -> None:
    async def scheme() -> str:
        stored = await pool.fetchval("SELECT password_hash FROM users")
        return str(stored).split("$")[1]

    async with serving("v1", database_url) as v1, serving("v2", database_url) as v2:
        await register(v1)
        assert await scheme() == "2b"
        await login(v1)
        assert await scheme() == "2b"

        await login(v2)

        assert await scheme() == "argon2id"
        await login(v1)
        assert await scheme() == "argon2id"


async def test_refreshing_goes_on_at_the_other_engine(
    http: httpx.AsyncClient, there: httpx.AsyncClient
) -> None:
    success = await register(http)
    session_id = success["tokens"]["session_id"]

    for engine in (there, http, there, there):
        success = data(await refreshed(engine, success["tokens"]["refresh_token"]))

        assert success["tokens"]["session_id"] == session_id
        assert await works(http, success)
        assert await works(there, success)


async def test_a_token_spent_at_one_engine_is_reused_at_the_other(
    http: httpx.AsyncClient, there: httpx.AsyncClient
) -> None:
    first = await register(http)
    second = data(await refreshed(http, first["tokens"]["refresh_token"]))

    assert refusal(await refreshed(there, first["tokens"]["refresh_token"])) == BAD_TOKEN

    for engine in (http, there):
        assert not await works(engine, second)
        assert refusal(await refreshed(engine, second["tokens"]["refresh_token"])) == BAD_TOKEN


async def test_who_signs_out_at_one_engine_is_signed_out_at_the_other(
    http: httpx.AsyncClient, there: httpx.AsyncClient
) -> None:
    success, kept = await register(http), await login(there)
    assert await works(there, success)

    data(await there.post("/auth/logout", headers=bearer(success)))

    for engine in (http, there):
        assert refusal(await engine.get("/auth/profile", headers=bearer(success))) == BAD_TOKEN
        assert refusal(await refreshed(engine, success["tokens"]["refresh_token"])) == BAD_TOKEN
        assert await works(engine, kept)


async def test_a_post_of_one_engine_is_a_post_of_the_other(
    people: People, there: httpx.AsyncClient
) -> None:
    author = await people.a()
    elsewhere = author.at(there)
    post = await author.wrote("金糸雀", tags=["b", "A"], category="Birds", meta_title="M")
    path = f"/posts/{post['id']}"

    assert data(await elsewhere.get(path)) == post
    changed = data(await elsewhere.put(path, tags=["A", "c"], slug="new", excerpt="E"))
    assert data(await author.get(path)) == changed
    published = data(await author.post(f"{path}/publish"))
    assert data(await elsewhere.get("/posts/tag/a"))["items"] == [published]
    assert data(await elsewhere.get("/tags")) == data(await author.get("/tags"))
    assert refusal(await elsewhere.post("/posts", title="T", content="C", slug="金糸雀")) == (
        409,
        "Slug already in use",
    )
    data(await elsewhere.delete(path))
    assert refusal(await author.get(path)) == (404, "Post not found")


async def test_slugs_and_tags_are_counted_on_across_engines(
    people: People, there: httpx.AsyncClient, pool: asyncpg.Pool
) -> None:
    author = await people.a()
    for person in (author, author.at(there), author):
        await person.wrote("Same", tags=["C", "c++", "C#"])

    slugs = await pool.fetch("SELECT slug FROM posts ORDER BY created_at")
    assert [row["slug"] for row in slugs] == ["same", "same-2", "same-3"]
    assert await pool.fetchval("SELECT count(*) FROM tags") == 3


async def test_who_is_deactivated_at_one_engine_is_out_at_the_other(
    http: httpx.AsyncClient, there: httpx.AsyncClient, people: People
) -> None:
    admin = await people.a(Role.ADMIN)
    here, elsewhere = await register(http), await login(there)
    path = f"/users/{here['user']['id']}"

    data(await admin.at(there).put(path, is_active=False))

    for engine in (http, there):
        for success in (here, elsewhere):
            assert not await works(engine, success)
            token = success["tokens"]["refresh_token"]
            assert refusal(await refreshed(engine, token)) == BAD_TOKEN
    data(await admin.put(path, is_active=True))
    for engine in (there, http):
        assert not await works(engine, here)
        assert await works(http, await login(engine))


async def test_an_account_changed_at_one_engine_is_changed_at_the_other(
    there: httpx.AsyncClient, people: People
) -> None:
    admin, ada = await people.a(Role.ADMIN), await people.a(Role.SUBSCRIBER)
    path = f"/users/{ada.id}"

    changed = data(await ada.at(there).put(path, username="金糸雀", first_name="A"))

    assert data(await ada.get(path)) == changed
    promoted = data(await admin.put(path, last_name="L", role="Editor"))
    assert data(await ada.at(there).get("/auth/profile")) == promoted
    assert data(await ada.at(there).get("/admin/posts")) == []
    taken = await admin.at(there).put(f"/users/{admin.id}", username="金糸雀")
    assert refusal(taken) == (409, "Username already taken")
