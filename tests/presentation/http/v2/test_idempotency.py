"""`Idempotency-Key`: the same request twice has one effect and one answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from structlog.testing import capture_logs

from serinus.application.identity.idempotency import Answer, Claimed, IdempotencyKey
from serinus.domain.errors import Unavailable
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.idempotency import PostgresIdempotencyKeys
from serinus.infrastructure.postgres.pool import open_pool
from serinus.presentation.http.v2.app import build_v2
from tests.support.identity import PASSWORD
from tests.support.whole_v2 import (
    SECRET,
    Client,
    Clock,
    asking,
    problem,
    services,
    whole_v2,
)

REGISTER, LOGIN, POSTS = "/api/v2/auth/register", "/api/v2/auth/login", "/api/v2/posts"
ADA = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
POST = {"title": "Canaries sing", "content": "They do."}
KEY = '"8e03978e-40d5-43e8-bc93-6894a57f9324"'


@pytest.fixture
def keyed(client: Client) -> Client:
    return client.sends(idempotency_key=KEY)


@pytest.fixture
async def author(client: Client, pool: asyncpg.Pool) -> Client:
    return await an_author(client, pool, "naoko")


@pytest.fixture
async def other_node(database_url: str, clock: Clock) -> AsyncIterator[Client]:
    """Another process on the same database, as far as anybody can see."""
    pool = await open_pool(database_url)
    async with asking(whole_v2(pool, clock)) as client:
        yield client.sends(idempotency_key=KEY)
    await pool.close()


async def an_author(client: Client, pool: asyncpg.Pool, name: str) -> Client:
    author = await client.register(name)
    await pool.execute("UPDATE users SET role = 'author'")
    return author


async def count(pool: asyncpg.Pool, table: str) -> int:
    rows: int = await pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
    return rows


async def test_a_request_sent_twice_is_answered_twice_and_done_once(
    keyed: Client, pool: asyncpg.Pool
) -> None:
    first = await keyed.post(REGISTER, ADA)
    second = await keyed.post(REGISTER, ADA)

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    kept = ("content-type", "location", "cache-control")
    assert [first.headers[name] for name in kept] == [second.headers[name] for name in kept]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await count(pool, "users") == 1


async def test_a_refusal_is_repeated_as_well(keyed: Client) -> None:
    body = {"email": "ada@example.org", "password": "another one"}
    first, second = await keyed.post(LOGIN, body), await keyed.post(LOGIN, body)

    problem(first, 401, "invalid_credentials")
    assert second.content == first.content
    assert second.headers["content-type"] == "application/problem+json"
    assert second.headers["idempotency-replayed"] == "true"


async def test_a_key_is_for_one_request_alone(keyed: Client) -> None:
    await keyed.post(REGISTER, ADA)

    body = await keyed.post(REGISTER, ADA | {"first_name": "Ada"})
    path = await keyed.post(LOGIN, ADA)

    problem(body, 422, "idempotency_key_reused")
    problem(path, 422, "idempotency_key_reused")


async def test_the_same_key_of_two_people_is_two_keys(
    client: Client, pool: asyncpg.Pool
) -> None:
    people = [await an_author(client, pool, name) for name in ("naoko", "ada")]

    answers = [await each.sends(idempotency_key=KEY).post(POSTS, POST) for each in people]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert await count(pool, "posts") == 2


async def test_many_at_once_on_two_nodes_have_one_effect(
    keyed: Client, other_node: Client, pool: asyncpg.Pool
) -> None:
    answers = await asyncio.gather(
        *(node.post(REGISTER, ADA) for node in [keyed, other_node] * 4)
    )

    done = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code != 201]
    assert len({answer.content for answer in done}) == 1
    assert [each.headers.get("idempotency-replayed") for each in done].count(None) == 1
    for each in waiting:
        problem(each, 409, "idempotency_in_progress")
    assert await count(pool, "users") == 1


async def test_while_the_first_is_answered_the_second_is_told_to_wait(
    keyed: Client, other_node: Client, pool: asyncpg.Pool
) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE users IN EXCLUSIVE MODE")
        first = asyncio.create_task(keyed.post(REGISTER, ADA))
        async with asyncio.timeout(30):
            while await count(pool, "idempotency_keys") == 0:
                pass  # the first has still to claim its key

        waiting = await other_node.post(REGISTER, ADA)

    problem(waiting, 409, "idempotency_in_progress")
    assert waiting.headers["retry-after"] == "1"
    assert (await first).status_code == 201
    assert (await other_node.post(REGISTER, ADA)).content == (await first).content


async def test_a_request_whose_process_died_is_taken_over_after_a_minute(
    author: Client, pool: asyncpg.Pool, clock: Clock
) -> None:
    author = author.sends(idempotency_key=KEY)
    await author.post(POSTS, POST)
    await pool.execute("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")

    clock.advance(seconds=60)
    problem(await author.post(POSTS, POST), 409, "idempotency_in_progress")
    clock.advance(seconds=1)
    again = await author.post(POSTS, POST)

    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers


async def test_a_failure_of_ours_is_not_kept(keyed: Client, pool: asyncpg.Pool) -> None:
    await pool.execute("ALTER TABLE refresh_tokens RENAME TO hidden")
    problem(await keyed.post(REGISTER, ADA), 500, "internal_error")
    await pool.execute("ALTER TABLE hidden RENAME TO refresh_tokens")

    answer = await keyed.post(REGISTER, ADA)

    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


async def test_having_to_wait_is_not_kept(
    keyed: Client, pool: asyncpg.Pool, clock: Clock
) -> None:
    async with asking(whole_v2(pool, clock, logins_per_minute=1)) as limited:
        await limited.register("eve")
        refused = await limited.sends(idempotency_key=KEY).post(REGISTER, ADA)

    problem(refused, 429, "rate_limited")
    assert (await keyed.post(REGISTER, ADA)).status_code == 201


class Unkeeping(PostgresIdempotencyKeys):
    """Its database goes away between the effect and the keeping of the answer."""

    async def settle(self, key: IdempotencyKey, claimed: Claimed, answer: Answer) -> None:
        raise Unavailable("the database did not answer")


async def test_what_was_done_is_told_even_if_it_cannot_be_kept(
    pool: asyncpg.Pool, clock: Clock
) -> None:
    keys = Unkeeping(pool, Seal([SECRET]))
    app = build_v2(replace(services(pool, clock), idempotency_keys=keys))
    async with asking(app) as client:
        with capture_logs() as logs:
            answer = await client.sends(idempotency_key=KEY).post(REGISTER, ADA)

    assert answer.status_code == 201
    assert [entry["log_level"] for entry in logs] == ["warning"]


async def test_after_a_day_a_key_is_new_again(keyed: Client, clock: Clock) -> None:
    await keyed.post(REGISTER, ADA)

    clock.advance(days=1, seconds=1)

    problem(await keyed.post(REGISTER, ADA), 409, "username_taken")


async def test_no_token_of_an_answer_can_be_read_in_the_table(
    keyed: Client, pool: asyncpg.Pool
) -> None:
    told = (await keyed.post(REGISTER, ADA)).json()

    row = await pool.fetchrow("SELECT k::text AS text, body FROM idempotency_keys k")
    assert row is not None
    for secret in (PASSWORD, told["refresh_token"], told["access_token"]):
        assert secret.encode() not in row["body"]
        assert secret.encode().hex() not in row["text"]


async def test_who_is_not_let_in_leaves_nothing_behind(
    keyed: Client, pool: asyncpg.Pool
) -> None:
    problem(await keyed.post(POSTS, POST), 401, "missing_credentials")

    assert await count(pool, "idempotency_keys") == 0


async def test_a_key_may_stand_without_its_quotes(client: Client, keyed: Client) -> None:
    first = await keyed.post(REGISTER, ADA)
    second = await client.sends(idempotency_key=KEY.strip('"')).post(REGISTER, ADA)

    assert second.content == first.content


@pytest.mark.parametrize("key", ["", '""', '"open', "two words", '"tab\t"', "x" * 256])
async def test_what_is_no_key_is_refused(client: Client, key: str) -> None:
    answer = await client.sends(idempotency_key=key).post(REGISTER, ADA)

    told = problem(answer, 400, "malformed_header")
    assert told["errors"][0]["parameter"] == "Idempotency-Key"


async def test_only_a_post_has_a_key(author: Client, pool: asyncpg.Pool) -> None:
    author = author.sends(idempotency_key=KEY, if_match="*")

    assert (await author.get("/api/v2/users/me")).status_code == 200
    assert (await author.patch("/api/v2/users/me", {"first_name": "N"})).status_code == 200
    assert await count(pool, "idempotency_keys") == 0
