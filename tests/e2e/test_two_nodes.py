"""Two nodes on one database: what is asked of both, and what one does not live to finish."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import httpx
import psutil
import pytest

from tests.e2e.conftest import Starting
from tests.support.serving import RunningServer
from tests.support.waiting import until

POSTS = "/api/v2/posts"
DRAFT = {"title": "Canaries sing", "content": "They do."}
ACCOUNT = {
    "username": "naoko",
    "email": "naoko@example.org",
    "password": "seven-red-hats",
}


@dataclass(frozen=True)
class Node:
    server: RunningServer
    http: httpx.AsyncClient

    def processes(self) -> list[psutil.Process]:
        ours = psutil.Process(self.server.process.pid)
        return [ours, *ours.children(recursive=True)]

    async def write(self, key: str) -> httpx.Response:
        return await self.http.post(POSTS, json=DRAFT, headers={"Idempotency-Key": key})


@pytest.fixture
def both(starting: Starting) -> Iterator[tuple[RunningServer, RunningServer]]:
    with starting() as first, starting() as second:
        yield first, second


@pytest.fixture
async def nodes(
    both: tuple[RunningServer, RunningServer], pool: asyncpg.Pool
) -> AsyncIterator[tuple[Node, Node]]:
    """An author is signed in by the first, and so is known to the second."""
    async with both[0].client() as one, both[1].client() as other:
        signed_in = await one.post("/api/v2/auth/register", json=ACCOUNT)
        await pool.execute("UPDATE users SET role = 'author' WHERE username = 'naoko'")
        for http in (one, other):
            http.headers["authorization"] = f"Bearer {signed_in.json()['access_token']}"
        yield Node(both[0], one), Node(both[1], other)


async def posts(pool: asyncpg.Pool) -> int:
    number: int = await pool.fetchval("SELECT count(*) FROM posts")
    return number


async def test_what_is_sent_to_both_nodes_at_once_is_done_once(
    nodes: tuple[Node, Node], pool: asyncpg.Pool
) -> None:
    for number in range(1, 11):
        key = f"key-{number}"
        answers = await asyncio.gather(*(node.write(key) for node in nodes))
        again = await nodes[1].write(key)

        told = {answer.status_code for answer in answers}
        assert told <= {201, 409}, [answer.text for answer in answers]
        assert 201 in told
        made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
        assert {again.json()["id"]} == made
        assert again.headers["idempotency-replayed"] == "true"
        assert await posts(pool) == number


async def test_a_key_is_free_again_when_the_node_that_had_it_is_gone(
    nodes: tuple[Node, Node], pool: asyncpg.Pool
) -> None:
    first, second = nodes
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("LOCK TABLE posts IN EXCLUSIVE MODE")
        lost = asyncio.create_task(first.write("key"))
        await until(lambda: pool.fetchval(WAITING))
        for process in first.processes():
            process.kill()
        # Its host went with it: nothing of what it had begun comes to an end.
        await pool.fetchval(END_WAITING)
        with pytest.raises(httpx.TransportError):
            await lost

    held = await second.write("key")
    assert (held.status_code, held.json()["code"]) == (409, "idempotency_in_progress")
    assert held.headers["retry-after"] == "1"

    await pool.execute(
        "UPDATE idempotency_keys SET created_at = created_at - $1::interval", A_MINUTE
    )
    taken_over, again = await second.write("key"), await second.write("key")

    assert (taken_over.status_code, again.status_code) == (201, 201)
    assert again.json() == taken_over.json()
    assert await posts(pool) == 1


async def test_of_two_who_edit_one_post_nobody_loses_anything(
    nodes: tuple[Node, Node],
) -> None:
    first, second = nodes
    path = (await first.write("key")).headers["location"]
    seen = [await node.http.get(path) for node in nodes]

    titled = await first.http.patch(
        path, json={"title": "They sing"}, headers={"If-Match": seen[0].headers["etag"]}
    )
    text = seen[1].json()["content"] + " Mostly."
    refused = await second.http.patch(
        path, json={"content": text}, headers={"If-Match": seen[1].headers["etag"]}
    )

    assert titled.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (412, "stale_version")
    current = await second.http.get(path)
    assert current.headers["etag"].startswith(refused.headers["etag"].rstrip('"'))
    merged = await second.http.patch(
        path, json={"content": text}, headers={"If-Match": refused.headers["etag"]}
    )
    assert (merged.json()["title"], merged.json()["content"]) == ("They sing", text)


WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
       AND EXISTS (SELECT FROM idempotency_keys WHERE status IS NULL)
"""
END_WAITING = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
A_MINUTE = timedelta(seconds=61)
