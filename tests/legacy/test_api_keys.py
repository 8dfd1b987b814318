"""API keys of engine v1: what they cost, and what they leave behind."""

import asyncio
from typing import Any

import pytest

from tests.legacy.engine import Engine, Person

BODY = {"name": "Deploy", "permissions": ["posts:read"]}


# Of one key or two, any index is as good as another.
CROWD = """
INSERT INTO api_keys (id, user_id, name, key_hash, scopes, created_at)
SELECT gen_random_uuid(), id, 'n', sha256('x'), '{posts:read}', now()
  FROM users, generate_series(1, 2000)
"""


@pytest.fixture
async def ada(engine: Engine) -> Person:
    return await engine.person()


async def a_program(engine: Engine, owner: Person, **members: Any) -> Person:
    made = await engine.data("POST", "/api-keys", owner, {**BODY, **members})
    return Person(owner.id, owner.session_id, {"X-API-Key": made["raw_key"]})


async def test_a_key_costs_one_statement_but_once_a_minute(engine: Engine, ada: Person) -> None:
    script = await a_program(engine, ada)

    with engine.statements() as first:
        await engine.data("GET", "/posts", script)
    with engine.statements() as second:
        await engine.data("GET", "/posts", script)
    with engine.statements() as by_token:
        await engine.data("GET", "/posts", ada)

    assert [each.sql.split()[0] for each in first[:2]] == ["SELECT", "UPDATE"]
    assert len(first) == len(second) + 1
    assert len(second) == len(by_token)


async def test_a_key_is_found_by_indexes_alone(engine: Engine, ada: Person) -> None:
    script = await a_program(engine, ada)
    await engine.execute(CROWD)
    await engine.execute("ANALYZE api_keys")

    with engine.statements() as asked:
        await engine.data("GET", "/posts", script)

    plan = await engine.plan(asked[0])
    assert "api_keys_pkey" in plan
    assert "users_pkey" in plan
    assert "Seq Scan" not in plan


async def test_a_mistyped_key_costs_no_statement(engine: Engine, ada: Person) -> None:
    raw = (await a_program(engine, ada)).headers["X-API-Key"]

    with engine.statements() as asked:
        for shown in (raw[:-1], raw + "0", raw.swapcase(), ""):
            answer = await engine.refusal("GET", "/posts", headers={"X-API-Key": shown})
            assert answer == (401, "Invalid or expired token.")

    assert asked == []


async def test_a_use_is_kept_whatever_becomes_of_the_request(
    engine: Engine, ada: Person
) -> None:
    script = await a_program(engine, ada)

    assert (await engine.call("GET", "/posts/nonsense", script)).status_code == 400

    (row,) = await engine.execute("SELECT last_used_at FROM api_keys")
    assert row["last_used_at"] is not None


async def test_a_crowd_of_programs_leaves_no_connection_taken(
    engine: Engine, ada: Person
) -> None:
    script = await a_program(engine, ada)
    await engine.execute(
        """
        INSERT INTO api_keys (id, user_id, name, key_hash, scopes, created_at)
        SELECT gen_random_uuid(), $1, 'n', $2, '{posts:read}', now()
          FROM generate_series(1, 98)
        """,
        *(ada.id, b"h" * 32),
    )

    answers = await asyncio.gather(
        *(engine.call("GET", "/tags", script) for _ in range(15)),
        *(engine.call("POST", "/api-keys", ada, BODY) for _ in range(15)),
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 15 + [201] + [409] * 14
    assert engine.pool.checkedout() == 0
