"""The list of what was done, as administrators read it."""

from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from tests.support.whole_v2 import Client, Clock, problem

AUDIT = "/api/v2/audit"


@pytest.fixture
async def root(client: Client, pool: asyncpg.Pool) -> Client:
    """An administrator, the newest entry being that she became one by hand."""
    root = await client.register("root")
    await pool.execute("UPDATE users SET role = 'admin'")
    return root


async def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"{AUDIT}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def test_entries_are_shown_newest_first_with_who_and_what(root: Client) -> None:
    tag = (await root.post("/api/v2/tags", {"name": "song"})).json()

    answer = await root.get(AUDIT)

    newest, by_hand, *_ = answer.json()["data"]
    assert newest.pop("id") > by_hand["id"]
    assert newest.pop("at").endswith("Z")
    assert newest.pop("request_id") is None  # what is in front gives it
    assert newest == {
        "action": "created",
        "entity": "tag",
        "entity_id": tag["id"],
        "version": 1,
        "user": {"id": root.signed_in["user"]["id"], "username": "root"},
        "api_key_id": None,
        "via": "v2",
        "address": "127.0.0.1",
        "changes": {"name": {"after": "song"}, "slug": {"after": "song"}},
    }
    assert by_hand["changes"] == {"role": {"before": "subscriber", "after": "admin"}}
    assert (by_hand["via"], by_hand["user"]) == (None, None)
    assert answer.headers["cache-control"] == "private, no-store"


async def test_links_marks_and_secrets_have_shapes_of_their_own(root: Client) -> None:
    post = {"title": "T", "content": "Some words", "tags": ["song"]}
    await root.post("/api/v2/posts", post)

    changes = [entry["changes"] for entry in await listed(root, "limit=5")]
    (user,) = [
        entry["changes"]
        for entry in await listed(root, "filter[action]=created&limit=100")
        if entry["entity"] == "user"
    ]
    everything = {name: change for each in changes for name, change in each.items()}

    assert everything["tags"]["added"][0]["name"] == "song"
    assert everything["content"]["after"]["bytes"] == len("Some words")
    assert user["password_hash"] == {"changed": True}


async def test_what_was_generated_and_pruned_is_shown_by_number(
    root: Client, pool: asyncpg.Pool
) -> None:
    await pool.execute("SELECT prune_audit_log('2000-01-01')")

    (entry,) = await listed(
        root, "filter[entity]=audit_log&fields[entry]=action,entity_id,changes"
    )

    assert entry == {
        "action": "pruned",
        "entity_id": None,
        "changes": {
            "older_than": {"after": "2000-01-01T00:00:00.000000Z"},
            "entries": {"count": 0},
        },
    }


async def test_each_filter_narrows_the_list(root: Client) -> None:
    other = await Client(root.http).register("ada")
    tag = (await root.post("/api/v2/tags", {"name": "song"})).json()
    everything = await listed(root, "limit=100")
    narrowed = {
        f"filter[user]={other.signed_in['user']['id']}": ["created user", "signed_in session"],
        "filter[entity]=tag": ["created tag"],
        f"filter[entity_id]={tag['id']}": ["created tag"],
        f"filter[entity_id]={tag['id']}&filter[entity]=tag": ["created tag"],
        f"filter[entity_id]={tag['id']}&filter[entity]=post": [],
        "filter[action]=updated": ["updated user"],
        "filter[via][null]=true": ["updated user"],
        "filter[via]=cli": [],
        f"filter[at][lt]={quote(str(everything[-1]['at']))}": [],
        f"filter[at]={quote(str(everything[0]['at']))}": ["created tag"],
    }

    for query, expected in narrowed.items():
        found = await listed(root, query)
        assert sorted(f"{each['action']} {each['entity']}" for each in found) == expected, query


async def test_pages_are_walked_by_cursors_and_counted_when_asked(root: Client) -> None:
    for number in range(5):
        await root.post("/api/v2/tags", {"name": f"tag{number}"})

    query = "filter[entity]=tag&limit=2&fields[entry]=entity_id"
    first = (await root.get(f"{AUDIT}?{query}&count=exact")).json()
    second = (await root.get(f"{AUDIT}?{query}&after={first['page']['next']}")).json()
    again = (await root.get(f"{AUDIT}?{query}&before={second['page']['prev']}")).json()
    other = await root.get(f"{AUDIT}?filter[entity]=post&after={first['page']['next']}")

    assert first["count"] == {"value": 5, "exact": True}
    assert again["data"] == first["data"] != second["data"]
    problem(other, 400, "cursor_mismatch")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("filter[user]=x", "invalid_parameter"),
        ("filter[entity]=posts", "invalid_parameter"),
        ("filter[action]=create", "invalid_parameter"),
        ("filter[via]=v3", "invalid_parameter"),
        ("filter[action]=created&filter[via]=v2", "unsupported_combination"),
        ("filter[via][null]=false", "unsupported_combination"),
        ("filter[adress]=1", "unknown_parameter"),
        ("sort=action", "invalid_parameter"),
        ("fields[entry]=who", "invalid_parameter"),
        ("include=user", "unknown_parameter"),
        ("limit=101", "invalid_parameter"),
    ],
)
async def test_what_is_not_offered_is_refused(root: Client, query: str, code: str) -> None:
    problem(await root.get(f"{AUDIT}?{query}"), 400, code)


async def test_the_log_is_for_those_with_the_scope(client: Client, root: Client) -> None:
    ada = await client.register("ada")
    key = await root.post("/api/v2/api-keys", {"name": "n", "scopes": ["audit:read"]})
    other = await root.post("/api/v2/api-keys", {"name": "n", "scopes": ["posts:read"]})

    problem(await client.get(AUDIT), 401, "missing_credentials")
    problem(await ada.get(AUDIT), 403, "insufficient_permissions")
    problem(
        await client.sends(x_api_key=other.json()["key"]).get(AUDIT),
        403,
        "insufficient_permissions",
    )
    assert (await client.sends(x_api_key=key.json()["key"]).get(AUDIT)).status_code == 200


async def test_who_is_gone_is_still_named_by_id(
    root: Client, pool: asyncpg.Pool, clock: Clock
) -> None:
    ada = await Client(root.http).register("ada")
    user_id = ada.signed_in["user"]["id"]
    await pool.execute("DELETE FROM users WHERE id = $1", user_id)

    found = await listed(root, f"filter[user]={user_id}")

    assert found[0]["user"] == {"id": user_id, "username": None}


async def test_a_page_costs_one_statement(root: Client, pool: asyncpg.Pool) -> None:
    sent: list[str] = []
    connections = [await pool.acquire() for _ in range(pool.get_max_size())]
    for connection in connections:
        connection.add_query_logger(lambda record: sent.append(record.query))
        await pool.release(connection)

    await listed(root, "limit=100&count=estimated")

    assert len([query for query in sent if "audit_log" in query]) == 1
    assert len(sent) == 2  # and who is asking
