"""Every write of contract v2 is on record: what, by whom, from where, and no secret."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, cast

import asyncpg
import httpx
import pytest

from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.v2.app import build_v2, contract
from tests.support.audited import entries, written, wrote
from tests.support.discussion import discussing
from tests.support.whole_v2 import Client, Clock, services

ADDRESS = "192.0.2.44"
GUEST = "bob@example.org"
SECRETS = ("first-secret-word-1", "second-secret-word-2", "third-secret-word-3")

SIGNED_IN = wrote("session", "signed_in", "user_id", "remember")
SIGNED_OUT = wrote("session", "signed_out", "ended_at", "end_reason")
NEW_USER = ("role", "email", "username", "is_active", "email_verified", "password_hash")
NEW_TAG = wrote("tag", "created", "name", "slug")
NEW_CATEGORY = wrote("category", "created", "name", "slug")
TAGGED, FILED = wrote("post", "updated", "tags"), wrote("post", "updated", "categories")
NEW_POST = wrote(
    "post",
    "created",
    *("type", "author_id", "slug", "title", "content", "content_format", "status"),
    *("locale", "created_at"),
)


@dataclass
class Played:
    """Requests, each under an id of its own."""

    pool: asyncpg.Pool
    operations: set[tuple[str, str]] = field(default_factory=set)
    secrets: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    async def __call__(
        self, who: Client, operation: str, *expected: Any, body: Any = None, **ids: Any
    ) -> dict[str, Any]:
        """Expect these entries, all by whoever asks."""
        method, template = operation.split()
        request_id = f"request-{next(self.numbers)}"
        asking = who.sends(X_Request_ID=request_id, If_Match="*")
        answer = await asking.send(method, f"/api/v2{template.format(**ids)}", body)
        assert answer.is_success, answer.text
        self.operations.add((method, f"/api/v2{template}"))
        found = await entries(self.pool, request_id)
        assert written(found) == set(expected), operation
        for entry in found:
            assert (entry["via"], entry["address"]) == ("v2", ADDRESS)
            if who.signed_in:
                assert str(entry["user_id"]) == who.signed_in["user"]["id"]
        return cast("dict[str, Any]", answer.json()) if answer.content else {}


@pytest.fixture
async def client(pool: asyncpg.Pool, clock: Clock) -> AsyncIterator[Client]:
    """As clients reach it, with the layer in front."""
    open_to_guests = discussing(pool, clock, guests_welcome=True)
    v2 = build_v2(replace(services(pool, clock), discussing=open_to_guests))
    app = RequestContext(cast("Any", v2), lambda: "made here")
    transport = httpx.ASGITransport(cast("Any", app), client=(ADDRESS, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://cms.test") as http:
        yield Client(http)


async def administrator(client: Client, pool: asyncpg.Pool) -> Client:
    root = await client.register("root")
    await pool.execute("UPDATE users SET role = 'super_admin' WHERE username = 'root'")
    return root


async def test_every_write_of_the_contract_is_on_record(
    client: Client, pool: asyncpg.Pool
) -> None:
    play = Played(pool)
    root = await administrator(client, pool)

    await of_accounts(play, client)
    await of_people(play, client, root)
    await of_keys(play, root)
    await of_posts(play, root)
    await of_comments(play, client, root)
    await of_tags(play, root)
    await of_categories(play, root)

    assert play.operations == writes()
    assert not [row for row in await entries(pool) if row["via"] != "v2" and not by_hand(row)]
    await check_no_secret(play)


async def of_accounts(play: Played, client: Client) -> None:
    first, second, third = SECRETS
    body = {"username": "ada", "email": "ada@example.org", "password": first}
    told = await play(
        client,
        "POST /auth/register",
        wrote("user", "created", *NEW_USER),
        SIGNED_IN,
        body=body,
    )
    newest = (await entries(play.pool))[-1]
    assert str(newest["user_id"]) == told["user"]["id"]
    login = {"email": "ada@example.org", "password": first}
    ada = known(client, await play(client, "POST /auth/login", SIGNED_IN, body=login))
    renewed = await play(client, "POST /auth/refresh", body=refreshing(ada))
    play.secrets += [
        each[name] for each in (told, renewed) for name in ("access_token", "refresh_token")
    ]
    await play(
        ada, "PATCH /users/me", wrote("user", "updated", "email"), body={"email": "a@b.org"}
    )
    change = {"password": second, "current_password": first}
    changed = wrote("user", "password_changed", "password_hash")
    await play(ada, "PATCH /users/me", changed, SIGNED_OUT, body=change)
    another = known(
        client,
        await play(
            client, "POST /auth/login", SIGNED_IN, body={"email": "a@b.org", "password": second}
        ),
    )
    ended = another.signed_in["session_id"]
    await play(ada, "DELETE /users/me/sessions/{session_id}", SIGNED_OUT, session_id=ended)
    await play(ada, "POST /auth/logout", SIGNED_OUT)
    reused = await client.sends(X_Request_ID="reused").post(
        "/api/v2/auth/refresh", refreshing(ada)
    )
    assert reused.status_code == 401
    assert third not in reused.text


async def of_people(play: Played, client: Client, root: Client) -> None:
    body = {"username": "eve", "email": "eve@example.org", "password": SECRETS[2]}
    eve = await play(
        root, "POST /users", wrote("user", "created", *NEW_USER), body=body | {"role": "editor"}
    )
    await play(
        root,
        "PATCH /users/{user_id}",
        wrote("user", "updated", "role", "first_name"),
        body={"role": "author", "first_name": "Eve"},
        user_id=eve["id"],
    )
    await client.login("eve", password=SECRETS[2])
    deactivated = wrote("user", "deactivated", "is_active")
    await play(root, "DELETE /users/{user_id}", deactivated, SIGNED_OUT, user_id=eve["id"])
    await play(
        root,
        "PATCH /users/{user_id}",
        wrote("user", "reactivated", "is_active"),
        body={"is_active": True},
        user_id=eve["id"],
    )


async def of_keys(play: Played, root: Client) -> None:
    made = wrote("api_key", "created", "user_id", "name", "key_hash", "scopes")
    body = {"name": "Deploy", "scopes": ["posts:write"]}
    issued = await play(root, "POST /api-keys", made, body=body)
    play.secrets.append(issued["key"])
    program = Client(root.http, {"x-api-key": issued["key"]}, root.signed_in)
    post = {"title": "By a program", "content": "c"}
    await play(program, "POST /posts", NEW_POST, body=post)
    newest = (await entries(play.pool))[-1]
    assert str(newest["api_key_id"]) == issued["id"]
    revoked = wrote("api_key", "revoked", "revoked_at")
    await play(root, "DELETE /api-keys/{key_id}", revoked, key_id=issued["id"])


async def of_posts(play: Played, root: Client) -> None:
    terms = {"tags": ["song", "bird"], "categories": ["News"]}
    post = await play(
        root,
        "POST /posts",
        NEW_POST,
        NEW_TAG,
        NEW_CATEGORY,
        TAGGED,
        FILED,
        body={"title": "Canaries", "content": "They sing."} | terms,
    )
    at = {"post_id": post["id"]}
    await play(
        root,
        "PATCH /posts/{post_id}",
        wrote("post", "updated", "title", "excerpt"),
        TAGGED,
        body={"title": "Finches", "excerpt": "In short.", "tags": ["bird"]},
        **at,
    )
    await play(
        root,
        "POST /posts/{post_id}/revisions/{number}/restore",
        wrote("post", "updated", "title", "excerpt"),
        TAGGED,
        number=1,
        **at,
    )
    dates = ("status", "published_at")
    await play(root, "POST /posts/{post_id}/publish", wrote("post", "published", *dates), **at)
    hidden = wrote("post", "unpublished", *dates)
    await play(root, "POST /posts/{post_id}/unpublish", hidden, **at)
    later = wrote("post", "scheduled", "status", "scheduled_at")
    await play(
        root, "POST /posts/{post_id}/schedule", later, body={"at": "2031-01-01T00:00:00Z"}, **at
    )
    await play(
        root,
        "POST /posts/{post_id}/publish",
        wrote("post", "published", *dates, "scheduled_at"),
        **at,
    )
    await play(root, "POST /posts/{post_id}/archive", wrote("post", "archived", "status"), **at)
    deleted = wrote("post", "deleted", "deleted_at")
    await play(root, "DELETE /posts/{post_id}", deleted, **at)
    restored = wrote("post", "restored", "deleted_at")
    await play(root, "POST /posts/{post_id}/restore", restored, **at)


async def of_comments(play: Played, client: Client, root: Client) -> None:
    batch = {"op": "create", "data": {"title": "Open", "content": "c", "status": "published"}}
    made = await play(
        root,
        "POST /posts/batch",
        wrote("post", "created", *NEW_POST[2], "published_at"),
        body={"operations": [batch]},
    )
    guest = {"author_name": "Bob", "author_email": GUEST, "content": "Nice."}
    said = ("post_id", "author_name", "content", "status")
    comment = await play(
        client,
        "POST /posts/{post_id}/comments",
        wrote("comment", "created", *said, "author_email"),
        body=guest,
        post_id=made["results"][0]["id"],
    )
    assert (await entries(play.pool))[-1]["user_id"] is None
    at = {"comment_id": comment["id"]}
    for action, done in (
        ("approve", "approved"),
        ("reject", "rejected"),
        ("spam", "marked_as_spam"),
    ):
        operation = f"POST /comments/{{comment_id}}/{action}"
        await play(root, operation, wrote("comment", done, "status"), **at)
    edited = wrote("comment", "updated", "content")
    await play(root, "PATCH /comments/{comment_id}", edited, body={"content": "Fine."}, **at)
    deleted = wrote("comment", "deleted", "deleted_at")
    await play(root, "DELETE /comments/{comment_id}", deleted, **at)


async def of_tags(play: Played, root: Client) -> None:
    first = await play(root, "POST /tags", NEW_TAG, body={"name": "first"})
    second = await play(root, "POST /tags", NEW_TAG, body={"name": "second"})
    renamed = wrote("tag", "updated", "name")
    await play(root, "PATCH /tags/{tag_id}", renamed, body={"name": "1st"}, tag_id=first["id"])
    post = {"title": "Tagged", "content": "c", "tags": ["1st"]}
    await play(root, "POST /posts", NEW_POST, TAGGED, body=post)
    gone = wrote("tag", "deleted", "name", "slug")
    into = {"into": second["id"]}
    await play(root, "POST /tags/{tag_id}/merge", gone, TAGGED, body=into, tag_id=first["id"])
    await play(root, "DELETE /tags/{tag_id}", gone, TAGGED, tag_id=second["id"])


async def of_categories(play: Played, root: Client) -> None:
    body = {"name": "Places"}
    category = await play(root, "POST /categories", NEW_CATEGORY, body=body)
    renamed = wrote("category", "updated", "name", "description")
    await play(
        root,
        "PATCH /categories/{category_id}",
        renamed,
        body={"name": "Sites", "description": "Where things are"},
        category_id=category["id"],
    )
    gone = wrote("category", "deleted", "name", "slug", "description")
    await play(root, "DELETE /categories/{category_id}", gone, category_id=category["id"])


def writes() -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, operations in contract()["paths"].items()
        for method in operations
        if method in {"post", "put", "patch", "delete"}
    }


def known(client: Client, told: dict[str, Any]) -> Client:
    return Client(client.http, {"authorization": f"Bearer {told['access_token']}"}, told)


def refreshing(who: Client) -> dict[str, Any]:
    return {"refresh_token": who.signed_in["refresh_token"]}


def by_hand(row: asyncpg.Record) -> bool:
    """What these tests did themselves."""
    return row["via"] is None and list(row["changes"]) == ["role"]


async def check_no_secret(play: Played) -> None:
    everything = await play.pool.fetchval("SELECT string_agg(a::text, ' ') FROM audit_log a")
    hashes = await play.pool.fetch(
        """
        SELECT password_hash AS hash FROM users
         UNION ALL SELECT encode(key_hash, 'hex') FROM api_keys
         UNION ALL SELECT encode(token_hash, 'hex') FROM refresh_tokens
        """
    )
    for secret in [GUEST, *SECRETS, *play.secrets, *(row["hash"] for row in hashes)]:
        assert secret not in everything


async def test_requests_at_the_same_time_act_each_for_its_own_user(
    client: Client, pool: asyncpg.Pool
) -> None:
    people = [await client.register(f"user{number}") for number in range(6)]
    await pool.execute("UPDATE users SET role = 'author'")

    async def write(number: int) -> None:
        person = people[number % 6].sends(X_Request_ID=f"at-once-{number}")
        body = {"title": f"Post {number}", "content": "c", "tags": [f"tag{number}"]}
        assert (await person.post("/api/v2/posts", body)).status_code == 201

    await asyncio.gather(*map(write, range(30)))

    for number in range(30):
        found = await entries(pool, f"at-once-{number}")
        assert written(found) == {NEW_POST, NEW_TAG, TAGGED}
        author = people[number % 6].signed_in["user"]["id"]
        assert {str(entry["user_id"]) for entry in found} == {author}


async def test_a_refused_write_is_not_on_record(client: Client, pool: asyncpg.Pool) -> None:
    root = await administrator(client, pool)
    before = len(await entries(pool))

    taken = await root.post("/api/v2/tags", {"name": "one"})
    twice = await root.post("/api/v2/tags", {"name": "one"})
    wrong = await client.post(
        "/api/v2/auth/login", {"email": "root@example.org", "password": "not-the-right-one"}
    )

    assert [each.status_code for each in (taken, twice, wrong)] == [201, 409, 401]
    assert len(await entries(pool)) == before + 1
