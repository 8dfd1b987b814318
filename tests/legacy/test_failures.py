"""What is said when something is wrong, and in which order it is looked for."""

import json
import logging
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from serinus.legacy.database import DatabaseAway, is_away
from serinus.legacy.request_body import parse_object
from tests.legacy.engine import PASSWORD, Engine, configuration, running
from tests.legacy.test_health import AWAY, NOWHERE

NO_HEADER = (401, "Missing or malformed authorization header.")
INVALID_TOKEN = (401, "Invalid or expired token.")
UNEXPECTED = (500, "An internal server error occurred")
MALFORMED = (400, "Malformed JSON")
JSON = {"Content-Type": "application/json"}


async def sent(engine: Engine, body: bytes, content_type: str = "application/json") -> Any:
    author = await engine.person()
    headers = {"Content-Type": content_type} if content_type else {}
    return await engine.refusal("POST", "/posts", author, content=body, headers=headers)


async def test_a_failure_has_the_whole_envelope(engine: Engine) -> None:
    answer = await engine.call("GET", "/nothing")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "success": False,
        "data": None,
        "message": None,
        "error": "Endpoint not found",
    }


@pytest.mark.parametrize("path", ["/nothing", "/posts/", "/auth", "/posts/tag/a/b", "//posts"])
async def test_a_path_is_known_exactly_or_not_at_all(engine: Engine, path: str) -> None:
    answer = await engine.client.get(f"http://v1.test/api/v1{path}", follow_redirects=False)

    assert (answer.status_code, answer.json()["error"]) == (404, "Endpoint not found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/posts", "GET, HEAD, POST"),
        ("OPTIONS", "/posts/018f4c5e-7a00-7000-8000-000000000001", "DELETE, GET, HEAD, PUT"),
        ("GET", "/auth/login", "POST"),
        ("HEAD", "/auth/login", "POST"),
        ("POST", "", "GET, HEAD"),
        ("POST", "/posts/tag/日本", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    engine: Engine, method: str, path: str, allowed: str
) -> None:
    answer = await engine.call(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert method == "HEAD" or answer.json()["error"] == "Method not allowed"


@pytest.mark.parametrize("path", ["", "/health", "/nothing", "/posts"])
async def test_head_is_get_without_the_body(engine: Engine, path: str) -> None:
    got, head = await engine.call("GET", path), await engine.call("HEAD", path)

    assert head.status_code == got.status_code
    assert head.content == b""
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({}, NO_HEADER),
        ({"Authorization": ""}, NO_HEADER),
        ({"Authorization": "Bearer"}, NO_HEADER),
        ({"Authorization": "Bearer a b"}, NO_HEADER),
        ({"Authorization": "Basic eA=="}, NO_HEADER),
        ({"Authorization": "Basic eA==", "X-API-Key": "k"}, NO_HEADER),
        ({"Authorization": "bearer x"}, INVALID_TOKEN),
        ({"X-API-Key": "srn_key"}, INVALID_TOKEN),
    ],
)
async def test_who_is_asking_comes_before_what_they_ask(
    engine: Engine, headers: dict[str, str], answer: tuple[int, str]
) -> None:
    for method, path in [
        ("GET", "/posts?page=x"),
        ("GET", "/posts/nonsense"),
        ("POST", "/posts"),
        ("PUT", "/posts/nonsense"),
        ("GET", "/tags"),
    ]:
        with engine.statements() as asked:
            assert await engine.refusal(method, path, headers=headers, content=b"{") == answer
        assert asked == []


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"Authorization": "Basic eA=="}, NO_HEADER),
        ({"Authorization": "bearer x"}, INVALID_TOKEN),
        ({"X-API-Key": "srn_key"}, NO_HEADER),
    ],
)
async def test_a_key_is_nobody_where_it_takes_a_session(
    engine: Engine, headers: dict[str, str], answer: tuple[int, str]
) -> None:
    for method, path in [
        ("POST", "/auth/logout"),
        ("GET", "/auth/profile"),
        ("GET", "/api-keys"),
        ("POST", "/api-keys"),
        ("DELETE", "/api-keys/nonsense"),
    ]:
        with engine.statements() as asked:
            assert await engine.refusal(method, path, headers=headers, content=b"{") == answer
        assert asked == []


async def test_a_scheme_is_compared_in_any_case(engine: Engine) -> None:
    person = await engine.person()
    headers = {"Authorization": person.headers["Authorization"].replace("Bearer", "bEARER  ")}

    assert (await engine.call("GET", "/auth/profile", headers=headers)).status_code == 200


async def test_the_order_in_which_a_request_is_looked_at(engine: Engine) -> None:
    """Path, content type, JSON, types, rules, role, existence."""
    reader, path = await engine.person("subscriber"), f"/posts/{uuid4()}"

    async def put(path: str, body: bytes, **headers: str) -> tuple[int, str]:
        return await engine.refusal("PUT", path, reader, content=body, headers=headers)

    assert await put("/posts/x", b"") == (400, "Invalid id")
    assert await put(path, b"") == (415, "Expected application/json")
    assert await put(path, b"", **JSON) == MALFORMED
    wrong_type, wrong_rule = {"published": 1, "title": ""}, {"published": True, "title": ""}
    refused = (400, "Invalid type for field: published")
    assert await put(path, json.dumps(wrong_type).encode(), **JSON) == refused
    assert await put(path, json.dumps(wrong_rule).encode(), **JSON) == (422, "Invalid input")
    assert await put(path, b"{}", **JSON) == (403, "Insufficient permissions")
    writer = await engine.person("contributor")
    assert await engine.refusal("PUT", path, writer, {}) == (404, "Post not found")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/problem+json", "application/jsonp", "json", "text/json"],
)
async def test_only_json_is_read(engine: Engine, content_type: str) -> None:
    assert await sent(engine, b"{}", content_type) == (415, "Expected application/json")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/json ;v=1"],
)
async def test_json_may_have_parameters(engine: Engine, content_type: str) -> None:
    assert await sent(engine, b"{}", content_type) == (422, "Invalid input")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"title": }',
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b'{"title": "\\u0000"}',
        b'{"unknown": [{"\\u0000": 1}]}',
        b'"\\u0000"',
        b'{"title": NaN}',
        b"{'title': 1}",
        b'{"a": 1} {"b": 2}',
        b'\xef\xbb\xbf{"title": "t"}',
        b"[" * 100000,
    ],
)
async def test_malformed_json_is_refused(engine: Engine, body: bytes) -> None:
    assert await sent(engine, body) == MALFORMED


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"true"])
async def test_a_body_is_an_object(engine: Engine, body: bytes) -> None:
    assert await sent(engine, body) == (400, "Expected a JSON object")


def test_an_escaped_backslash_before_zeros_is_no_nul() -> None:
    assert parse_object(b'{"title": "\\\\u0000"}') == {"title": "\\u0000"}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"title": 1, "content": 1}, "title"),
        ({"content": ["c"]}, "content"),
        ({"published": "true"}, "published"),
        ({"published": 0}, "published"),
        ({"tags": "a"}, "tags"),
        ({"tags": ["a", 1]}, "tags"),
        ({"tags": [None]}, "tags"),
        ({"tags": {}}, "tags"),
        ({"category": False, "tags": ["a"], "title": ""}, "category"),
        ({"meta_description": {}, "meta_title": 1}, "meta_title"),
    ],
)
async def test_the_first_member_of_a_wrong_type_is_named(
    engine: Engine, members: dict[str, Any], field: str
) -> None:
    author = await engine.person()

    for method, path in (("POST", "/posts"), ("PUT", f"/posts/{uuid4()}")):
        answer = await engine.refusal(method, path, author, members)
        assert answer == (400, f"Invalid type for field: {field}")


async def test_everything_wrong_is_reported_in_the_order_of_the_contract(
    engine: Engine,
) -> None:
    author = await engine.person()
    body = {
        "meta_description": "m" * 161,
        "tags": [""],
        "featured_image": "x",
        "slug": "!",
        "excerpt": "e" * 501,
        "content": "",
    }

    async def fields(method: str, path: str) -> list[str]:
        answer = await engine.call(method, path, author, body)
        assert list(answer.json()) == [
            "success",
            "data",
            "message",
            "error",
            "validation_errors",
        ]
        return [error["field"] for error in answer.json()["validation_errors"]]

    given = ["content", "excerpt", "slug", "tags", "featured_image", "meta_description"]
    assert await fields("POST", "/posts") == ["title", *given]
    assert await fields("PUT", f"/posts/{uuid4()}") == given


async def test_an_unexpected_failure_is_logged_once_and_never_shown(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def limit(_: str, account: str) -> int | None:
        raise RuntimeError(f"a secret of {account}")

    async with running(configuration(database_url, login_limit=limit)) as engine:
        engine.state["request_id"] = "request-1"
        form = {"email": "ada@example.com", "password": PASSWORD}
        answer = await engine.call("POST", "/auth/login", body=form)

    assert (answer.status_code, answer.json()["error"]) == UNEXPECTED
    assert "secret" not in answer.text
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert "request-1" in record.getMessage()
    assert record.exc_info is not None


async def test_parameters_of_statements_are_not_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    await engine.execute("ALTER TABLE users ADD CHECK (first_name <> 'Mallory')")
    form = {
        "username": "Mallory",
        "first_name": "Mallory",
        "email": "mallory@example.com",
        "password": PASSWORD,
    }

    assert await engine.refusal("POST", "/auth/register", body=form) == UNEXPECTED

    assert "CheckViolation" in caplog.text
    assert "parameters hidden" in caplog.text


async def test_without_a_database_there_is_a_time_to_come_back() -> None:
    async with running(configuration(NOWHERE)) as engine:
        form = {"email": "ada@example.com", "password": PASSWORD}
        answer = await engine.call("POST", "/auth/login", body=form)

    assert (answer.status_code, answer.json()["error"]) == AWAY
    assert answer.headers["retry-after"] == "5"


async def test_a_connection_that_died_unused_is_replaced_unnoticed(engine: Engine) -> None:
    person = await engine.person()
    await engine.call("GET", "/posts", person)

    await engine.execute(
        """
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE application_name = 'serinus-v1' AND datname = current_database()
        """
    )

    assert (await engine.call("GET", "/posts", person)).status_code == 200


async def test_a_lock_that_cannot_be_had_is_a_database_that_is_away(engine: Engine) -> None:
    author = await engine.person()
    post = await engine.post(author)
    name = engine.url.rpartition("/")[2]
    await engine.execute(f'ALTER DATABASE "{name}" SET lock_timeout = 50')
    async with running(configuration(engine.url)) as impatient:
        other = await asyncpg.connect(engine.url)
        try:
            async with other.transaction():
                await other.execute("SELECT FROM posts FOR UPDATE")
                path = f"/posts/{post['id']}"
                assert await impatient.refusal("PUT", path, author, {"title": "t"}) == AWAY
        finally:
            await other.close()


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (DatabaseAway(), True),
        (PoolTimeout(), True),
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (asyncpg.InternalClientError("cannot switch to state 12"), True),
        (asyncpg.InternalClientError("got result for unknown protocol state 7"), False),
        (SQLAlchemyError(), False),
        (ValueError(), False),
    ],
)
def test_which_failures_pass(error: Exception, away: object) -> None:
    assert is_away(error) is away


@pytest.mark.parametrize(
    ("sqlstate", "away"),
    [
        ("08006", True),
        ("40P01", True),
        ("53300", True),
        ("57P01", True),
        ("55P03", True),
        ("25006", True),
        ("23505", False),
        ("42P01", False),
        (None, False),
    ],
)
def test_which_states_of_the_database_pass(sqlstate: str | None, away: object) -> None:
    cause = Exception()
    cause.sqlstate = sqlstate  # type: ignore[attr-defined] # as the driver's errors have it

    assert is_away(DBAPIError("SELECT", None, cause)) is away
