"""Idempotency keys in PostgreSQL: one effect, one answer, and nothing to read in the table."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest

from serinus.application.identity.idempotency import (
    ABANDONED,
    KEPT,
    Answer,
    Claimed,
    IdempotencyKey,
    InProgress,
    Mismatch,
)
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.idempotency import PostgresIdempotencyKeys
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.identity import NOON

KEY = IdempotencyKey("user:ada", "k1")
OTHERS = IdempotencyKey("user:eve", "k1")
ANSWER = Answer(201, {"location": "/api/v2/users/me"}, b'{"refresh_token":"secret-token"}')
BIT = timedelta(seconds=1)


@pytest.fixture
def keys(pool: asyncpg.Pool) -> PostgresIdempotencyKeys:
    return PostgresIdempotencyKeys(pool, Seal(["a secret"]))


async def claimed(
    keys: PostgresIdempotencyKeys, key: IdempotencyKey = KEY, at: datetime = NOON
) -> Claimed:
    found = await keys.claim(key, b"request", at=at)
    assert isinstance(found, Claimed)
    return found


async def test_the_first_claims_and_the_next_gets_its_answer(
    keys: PostgresIdempotencyKeys,
) -> None:
    await keys.settle(KEY, await claimed(keys), ANSWER)

    assert await keys.claim(KEY, b"request", at=NOON + KEPT) == ANSWER


async def test_while_the_first_is_answered_the_next_has_to_wait(
    keys: PostgresIdempotencyKeys,
) -> None:
    await claimed(keys)

    assert isinstance(await keys.claim(KEY, b"request", at=NOON + ABANDONED), InProgress)


@pytest.mark.parametrize("answered", [False, True])
async def test_a_key_is_for_one_request(
    keys: PostgresIdempotencyKeys, *, answered: bool
) -> None:
    claim = await claimed(keys)
    if answered:
        await keys.settle(KEY, claim, ANSWER)

    assert isinstance(await keys.claim(KEY, b"another request", at=NOON), Mismatch)


async def test_keys_of_two_people_are_two_keys(keys: PostgresIdempotencyKeys) -> None:
    await claimed(keys, KEY)
    await claimed(keys, OTHERS)


async def test_of_many_that_claim_one_key_at_once_on_two_nodes_one_gets_it(
    database_url: str, keys: PostgresIdempotencyKeys
) -> None:
    pool = await open_pool(database_url)
    nodes = [keys, PostgresIdempotencyKeys(pool, Seal(["a secret"]))] * 5

    found = await asyncio.gather(*(node.claim(KEY, b"request", at=NOON) for node in nodes))
    await pool.close()

    kinds = [type(each) for each in found]
    assert (kinds.count(Claimed), kinds.count(InProgress)) == (1, 9)


async def test_what_was_abandoned_is_taken_over_by_exactly_one(
    keys: PostgresIdempotencyKeys,
) -> None:
    await claimed(keys)
    later = NOON + ABANDONED + BIT

    found = await asyncio.gather(*(keys.claim(KEY, b"request", at=later) for _ in range(8)))

    assert [type(each) for each in found].count(Claimed) == 1


async def test_who_was_taken_over_answers_too_late(keys: PostgresIdempotencyKeys) -> None:
    slow = await claimed(keys)
    quick = await claimed(keys, at=NOON + ABANDONED + BIT)

    await keys.settle(KEY, slow, Answer(201, {}, b"slow"))
    await keys.release(KEY, slow)
    await keys.settle(KEY, quick, ANSWER)

    assert await keys.claim(KEY, b"request", at=quick.at) == ANSWER


async def test_what_was_released_can_be_sent_again(keys: PostgresIdempotencyKeys) -> None:
    await keys.release(KEY, await claimed(keys))

    await claimed(keys)


async def test_an_answer_is_not_released_any_more(keys: PostgresIdempotencyKeys) -> None:
    claim = await claimed(keys)
    await keys.settle(KEY, claim, ANSWER)
    await keys.release(KEY, claim)

    assert await keys.claim(KEY, b"request", at=NOON) == ANSWER


async def test_after_a_day_a_key_is_new_again(keys: PostgresIdempotencyKeys) -> None:
    await keys.settle(KEY, await claimed(keys), ANSWER)

    assert isinstance(await keys.claim(KEY, b"other", at=NOON + KEPT + BIT), Claimed)


async def test_expired_keys_of_others_go_along(
    pool: asyncpg.Pool, keys: PostgresIdempotencyKeys
) -> None:
    for number in range(5):
        await claimed(keys, IdempotencyKey("user:eve", str(number)))

    await claimed(keys, at=NOON + KEPT + BIT)

    assert await pool.fetchval("SELECT count(*) FROM idempotency_keys") == 1


async def test_neither_request_nor_answer_can_be_read_in_the_table(
    pool: asyncpg.Pool, keys: PostgresIdempotencyKeys
) -> None:
    await keys.settle(KEY, await claimed(keys), ANSWER)

    row = str(await pool.fetchrow("SELECT k::text, body FROM idempotency_keys k"))
    assert "secret-token" not in row
    assert b"secret-token".hex() not in row
    assert b"request".hex() not in row


async def test_an_answer_copied_to_another_key_is_not_given(
    pool: asyncpg.Pool, keys: PostgresIdempotencyKeys
) -> None:
    await keys.settle(KEY, await claimed(keys), ANSWER)
    await pool.execute("UPDATE idempotency_keys SET principal = $1", OTHERS.principal)

    assert isinstance(await keys.claim(OTHERS, b"request", at=NOON), InProgress)


async def test_keys_of_the_service_can_be_exchanged_while_answers_are_kept(
    pool: asyncpg.Pool,
) -> None:
    before = PostgresIdempotencyKeys(pool, Seal(["old"]))
    after = PostgresIdempotencyKeys(pool, Seal(["new", "old"]))
    await before.settle(KEY, await claimed(before), ANSWER)

    assert await after.claim(KEY, b"request", at=NOON) == ANSWER
