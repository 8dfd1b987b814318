"""Engine v1 tells the database who writes: once for all that is written together."""

import json
from typing import Any

import pytest

from tests.legacy.engine import Engine, Person, Statement

POST = {"title": "A title", "content": "c", "tags": ["a", "b", "c"], "category": "News"}


def told(sent: list[Statement]) -> list[dict[str, Any]]:
    return [json.loads(str(each.parameters[0])) for each in sent if "acting(" in each.sql]


async def test_a_write_of_many_statements_tells_it_first_and_once(engine: Engine) -> None:
    author = await engine.person()
    engine.state |= {"client_address": "192.0.2.7", "request_id": "an-id"}

    with engine.statements() as sent:
        await engine.data("POST", "/posts", author, POST)

    first = next(each.sql for each in sent if "acting(" in each.sql or "INSERT" in each.sql)
    assert "acting(" in first
    assert told(sent) == [
        {
            "via": "v1",
            "address": "192.0.2.7",
            "request_id": "an-id",
            "user": str(author.id),
        }
    ]


@pytest.mark.parametrize("path", ["/posts", "/posts/tag/a", "/tags", "/users", "/auth/profile"])
async def test_a_read_tells_nothing(engine: Engine, path: str) -> None:
    author = await engine.person()
    await engine.post(author, tags=["a"])

    with engine.statements() as sent:
        await engine.data("GET", path, author)

    assert told(sent) == []


async def test_a_program_acts_by_its_key(engine: Engine) -> None:
    author = await engine.person()
    body = {"name": "Deploy", "permissions": ["posts:read", "posts:write"]}
    made = await engine.data("POST", "/api-keys", author, body)
    program = Person(author.id, author.session_id, {"X-API-Key": made["raw_key"]})

    with engine.statements() as sent:
        await engine.post(program)

    (actor,) = told(sent)
    assert (actor["user"], actor["key"]) == (str(author.id), made["api_key"]["id"])


async def test_who_registers_acts_for_the_new_account(engine: Engine) -> None:
    form = {"username": "Ada", "email": "ada@example.org", "password": "a long enough password"}

    with engine.statements() as sent:
        success = await engine.data("POST", "/auth/register", None, form)

    assert [actor["user"] for actor in told(sent)] == [success["user"]["id"]]
