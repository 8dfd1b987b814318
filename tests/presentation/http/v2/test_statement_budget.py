"""What reading costs the database: one statement, beside the one for who is asking.

For every operation that the document has, with everything that can be included.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from serinus.infrastructure.postgres.pool import open_pool
from serinus.presentation.http.v2.app import contract
from tests.support.statements import listening
from tests.support.whole_v2 import Client, Clock, asking, whole_v2

PATHS = contract()["paths"]
READS = {path: PATHS[path]["get"] for path in sorted(PATHS) if "get" in PATHS[path]}
OF_VISITORS = [path for path, read in READS.items() if {} in read.get("security", [{}])]
#: What is asked for in each way that could cost more.
MORE = {
    "count": "exact",
    "facets": "tag,category,author",
    "against": "1",
}
NEEDED = {"/api/v2/search": "q=canaries", "/api/v2/search/suggest": "prefix=ca"}


@pytest.fixture
async def lone_pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Of one connection, so that whoever listens to it hears every statement."""
    pool = await open_pool(database_url, size=1)
    yield pool
    await pool.close()


@pytest.fixture
async def visitor(lone_pool: asyncpg.Pool) -> AsyncIterator[Client]:
    async with asking(whole_v2(lone_pool, Clock())) as client:
        yield client


@pytest.fixture
async def administrator(lone_pool: asyncpg.Pool, visitor: Client) -> Client:
    signed_in = await visitor.register("ada")
    await lone_pool.execute("UPDATE users SET role = 'super_admin'")
    return signed_in


@pytest.fixture
async def ids(administrator: Client) -> dict[str, str]:
    """By the name of the parameter: something that is there, with all that belongs to it."""

    async def made(path: str, **body: Any) -> dict[str, Any]:
        answer = await administrator.post(f"/api/v2/{path}", body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    post = await made(
        "posts",
        title="Canaries",
        content="They sing.",
        status="published",
        tags=["birds", "song"],
        categories=["News"],
    )
    changed = await administrator.sends(if_match="*").patch(
        f"/api/v2/posts/{post['id']}", {"content": "They sing a lot."}
    )
    assert changed.status_code == 200, changed.text
    comment = await made(f"posts/{post['id']}/comments", content="So they do.")
    key = await made("api-keys", name="a program", scopes=["posts:read"])
    return {
        "post_id": post["id"],
        "slug": post["slug"],
        "number": "1",
        "tag_id": post["tags"][0]["id"],
        "category_id": post["categories"][0]["id"],
        "comment_id": comment["id"],
        "key_id": key["id"],
        "user_id": administrator.signed_in["user"]["id"],
    }


def addresses(path: str, ids: dict[str, str]) -> list[str]:
    """As plain as it can be, and with everything."""
    needed = [NEEDED[path]] if path in NEEDED else []
    parameters = READS[path].get("parameters", ())
    more = [
        f"{each['name']}={MORE[each['name']]}" for each in parameters if each["name"] in MORE
    ]
    more += [f"include={_relations(each)}" for each in parameters if each["name"] == "include"]
    plain = path.format(**ids)
    return [plain, plain + "?" + "&".join([*needed, *more])][bool(needed) :]


def _relations(parameter: dict[str, Any]) -> str:
    """All that the description names."""
    return ",".join(re.findall(r"`([a-z_]+)`", parameter["description"]))


@pytest.mark.parametrize("path", READS)
async def test_who_is_signed_in_costs_one_statement_more(
    lone_pool: asyncpg.Pool, administrator: Client, ids: dict[str, str], path: str
) -> None:
    for address in addresses(path, ids):
        await check(lone_pool, administrator, address, most=2)


@pytest.mark.parametrize("path", OF_VISITORS)
async def test_a_read_is_one_statement_whatever_is_included(
    lone_pool: asyncpg.Pool, visitor: Client, ids: dict[str, str], path: str
) -> None:
    for address in addresses(path, ids):
        await check(lone_pool, visitor, address, most=1)


async def check(pool: asyncpg.Pool, client: Client, address: str, *, most: int) -> None:
    await client.get(address)  # the driver asks once about types it has not met
    async with listening(pool) as sent:
        answer = await client.get(address)
    assert answer.status_code == 200, (address, answer.text)
    assert len(sent) <= most, (address, [each.query for each in sent])
