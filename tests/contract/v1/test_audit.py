"""Every write of contract v1 is on record, by either engine: what, who, from where."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest

from serinus.domain.identity.caller import Role
from serinus.presentation.http.request_context import RequestContext
from tests.contract.v1.clients import People, Person, data
from tests.contract.v1.engines import Engine, started
from tests.contract.v1.keys import holding
from tests.support.audited import Written, entries, written, wrote

ADDRESS = "192.0.2.44"
PASSWORD = "yellow feathers 1"
ADA = {"username": "Ada", "email": "ada@example.org", "password": PASSWORD}

USER = ("role", "email", "username", "is_active", "email_verified", "password_hash")
POST = ("type", "author_id", "slug", "title", "content", "content_format", "status", "locale")
POST_MADE = (*POST, "created_at")
SIGNED_IN = wrote("session", "signed_in", "user_id", "remember")
SIGNED_OUT = wrote("session", "signed_out", "ended_at", "end_reason")
NEW_TAG = wrote("tag", "created", "name", "slug")


@dataclass
class Played:
    """Requests, each under an id of its own, which is the operation it is of."""

    pool: asyncpg.Pool
    http: httpx.AsyncClient
    operations: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)

    async def __call__(
        self, operation: str, person: Person | None, *expected: Any, of: Any = "", **body: Any
    ) -> Any:
        """Expect these entries, all by this person."""
        request_id = f"request-{next(self.numbers)}"
        method, path = operation.split()
        headers = {"X-Request-ID": request_id, **(person.headers if person else {})}
        answer = await self.http.request(
            method, path.replace("{id}", str(of)), headers=headers, json=body or None
        )
        found = await entries(self.pool, request_id)
        self.operations.add(operation)
        assert written(found) == set(expected), (operation, answer.text)
        for entry in found:
            assert (entry["via"], entry["address"]) == ("v1", ADDRESS)
            assert person is None or entry["user_id"] == person.id
        return data(answer, answer.status_code) if answer.is_success else answer.status_code


@pytest.fixture
async def http(engine: Engine, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """As clients reach it, with the layer in front."""
    async with started(engine, database_url) as app:
        transport = httpx.ASGITransport(
            RequestContext(app, lambda: "made here"), client=(ADDRESS, 4711)
        )
        async with httpx.AsyncClient(
            transport=transport, base_url="http://cms.test/api/v1"
        ) as http:
            yield http


async def test_every_write_of_the_contract_is_on_record(
    http: httpx.AsyncClient, pool: asyncpg.Pool, people: People
) -> None:
    play = Played(pool, http)
    admin, other = await people.a(Role.ADMIN), await people.a()

    await of_accounts(play)
    await of_posts(play, admin)
    await of_people(play, admin, other)
    await of_keys(play, admin)

    operations = {f"{m} {p.removeprefix('/api/v1')}" for m, p in await writes(http)}
    assert play.operations == operations
    by_hand = [row for row in await entries(pool) if row["via"] is None]
    assert written(by_hand) == {
        SIGNED_IN,
        wrote("user", "created", *set(USER) - {"password_hash"}),
    }


async def of_accounts(play: Played) -> None:
    registered = await play(
        "POST /auth/register",
        None,
        wrote("user", "created", *USER),
        SIGNED_IN,
        **ADA,
    )
    for entry in await entries(play.pool):
        if entry["via"]:
            assert str(entry["user_id"]) == registered["user"]["id"]
    login = {name: ADA[name] for name in ("email", "password")}
    signed_in = await play("POST /auth/login", None, SIGNED_IN, **login)
    spent = signed_in["tokens"]["refresh_token"]
    await play("POST /auth/refresh", None, refresh_token=spent)
    assert await play("POST /auth/refresh", None, SIGNED_OUT, refresh_token=spent) == 401
    token = registered["tokens"]["access_token"]
    ada = Person(
        registered["user"]["id"], "Ada", token, play.http, {"Authorization": f"Bearer {token}"}
    )
    answer = await play.http.post(
        "/auth/logout", headers={**ada.headers, "X-Request-ID": "logout"}
    )
    assert answer.status_code == 200
    play.operations.add("POST /auth/logout")
    assert written(await entries(play.pool, "logout")) == {SIGNED_OUT}


async def of_posts(play: Played, admin: Person) -> None:
    made = await play(
        "POST /posts",
        admin,
        wrote("post", "created", *POST_MADE, "published_at"),
        NEW_TAG,
        wrote("category", "created", "name", "slug"),
        wrote("post", "updated", "tags"),
        wrote("post", "updated", "categories"),
        title="Canaries",
        content="They sing.",
        tags=["song", "bird"],
        category="News",
        published=True,
    )
    await play(
        "PUT /posts/{id}",
        admin,
        wrote("post", "unpublished", "title", "content", "status", "published_at"),
        NEW_TAG,
        wrote("post", "updated", "tags"),
        of=made["id"],
        title="Finches",
        content="So do they.",
        tags=["bird", "finch"],
        published=False,
    )
    published = wrote("post", "published", "status", "published_at")
    await play("POST /posts/{id}/publish", admin, published, of=made["id"])
    await play(
        "DELETE /posts/{id}", admin, wrote("post", "deleted", "deleted_at"), of=made["id"]
    )
    draft = wrote("post", "created", *POST_MADE)
    brief = await play("POST /admin/posts", admin, draft, title="A", content="b")
    deleted = wrote("post", "deleted", "deleted_at")
    await play("DELETE /admin/posts/{id}", admin, deleted, of=brief["id"])
    assert await play("PUT /posts/{id}", admin, of=made["id"], title="Gone") == 404


async def of_people(play: Played, admin: Person, other: Person) -> None:
    await play(
        "PUT /users/{id}",
        admin,
        wrote("user", "updated", "first_name"),
        of=other.id,
        first_name="Ada",
    )
    await play(
        "POST /users/{id}/role",
        admin,
        wrote("user", "updated", "role"),
        of=other.id,
        role="Editor",
    )
    deactivated = wrote("user", "deactivated", "is_active")
    await play("DELETE /users/{id}", admin, deactivated, SIGNED_OUT, of=other.id)


async def of_keys(play: Played, admin: Person) -> None:
    made = await play(
        "POST /api-keys",
        admin,
        wrote("api_key", "created", "user_id", "name", "key_hash", "scopes"),
        name="Deploy",
        permissions=["posts:read", "posts:write", "search:reindex"],
    )
    program = holding(admin, made["raw_key"])
    await play(
        "POST /posts",
        program,
        wrote("post", "created", *POST_MADE),
        title="By a program",
        content="c",
    )
    newest = (await entries(play.pool))[-1]
    assert str(newest["api_key_id"]) == made["api_key"]["id"]
    await play("POST /search/reindex", program)
    revoked = wrote("api_key", "revoked", "revoked_at")
    await play("DELETE /api-keys/{id}", admin, revoked, of=made["api_key"]["id"])


async def writes(http: httpx.AsyncClient) -> list[list[str]]:
    listed = (await http.get("/info")).json()["endpoints"]
    return [endpoint.split() for endpoint in listed if not endpoint.startswith(("GET", "HEAD"))]


async def test_what_is_refused_after_all_is_not_on_record(
    http: httpx.AsyncClient, pool: asyncpg.Pool, people: People
) -> None:
    ada = await people.a()
    first, second = await ada.wrote("One"), await ada.wrote("Two")
    before: Written = written(await entries(pool))

    taken = await ada.put(f"/posts/{second['id']}", slug="one", tags=["new"])

    assert taken.status_code == 409
    assert first["id"] != second["id"]
    assert written(await entries(pool)) == before
