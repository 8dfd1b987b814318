"""Bodies are read strictly, and everything wrong with one is told at once."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.support.whole_v2 import Client, problem

LOGIN = "/api/v2/auth/login"
REGISTER = "/api/v2/auth/register"
GOOD = {"email": "ada@example.org", "password": "seven-red-hats"}
ENCODED = msgspec.json.encode(GOOD)


async def raw(
    client: Client, content: bytes | str, media_type: str | None = "application/json"
) -> httpx.Response:
    headers = {} if media_type is None else {"content-type": media_type}
    return await client.http.post(LOGIN, content=content, headers=headers)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"{",
        b'{"email": }',
        b"{'email': 1}",
        b'{"email": "\xff"}',
        b'{"email": "\\ud800"}',
        b'{"email": NaN}',
        ENCODED + b"}",
        b'\xef\xbb\xbf{"email": "a"}',
        b"[" * 100_000,
        b'{"email": "a\\u0000@example.org", "password": "x"}',
        b'{"email": "ada@example.org", "password": "seven\\u0000red"}',
    ],
    ids=lambda content: repr(content[:20]),
)
async def test_what_is_no_json_that_can_be_kept_is_malformed(
    client: Client, content: bytes
) -> None:
    problem(await raw(client, content), 400, "malformed_json")


@pytest.mark.parametrize("content", ["[]", "null", "1", '"x"', "true"])
async def test_json_that_is_no_object_is_refused(client: Client, content: str) -> None:
    problem(await raw(client, content), 400, "not_an_object")


@pytest.mark.parametrize(
    "media_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "application/xml",
     "application/merge-patch+json", "application/vnd.api+json"],
)  # fmt: skip
async def test_a_body_that_is_not_declared_as_json_is_not_read(
    client: Client, media_type: str | None
) -> None:
    problem(await raw(client, ENCODED, media_type), 415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
async def test_a_media_type_is_read_as_http_means_it(client: Client, media_type: str) -> None:
    problem(await raw(client, ENCODED, media_type), 401, "invalid_credentials")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["/email required", "/password required"]),
        ({"email": None, "password": 1}, ["/email invalid_type", "/password invalid_type"]),
        (GOOD | {"remember_me": "yes"}, ["/remember_me invalid_type"]),
        (GOOD | {"remember_me": 1}, ["/remember_me invalid_type"]),
        (GOOD | {"a/b~c": 1}, ["/a~1b~0c unknown_member"]),
        (
            {"email": "a", "remember_me": 0, "x": 1},
            ["/x unknown_member", "/password required", "/remember_me invalid_type"],
        ),
    ],
    ids=str,
)
async def test_each_problem_points_at_its_member(
    client: Client, body: dict[str, Any], expected: list[str]
) -> None:
    told = problem(await client.post(LOGIN, body), 422, "validation_failed")

    assert [f"{item['pointer']} {item['code']}" for item in told["errors"]] == expected


async def test_a_misspelt_member_is_told_its_likely_name(client: Client) -> None:
    body = {"email": "a", "password": "b", "rememberme": True}

    told = problem(await client.post(LOGIN, body), 422, "validation_failed")

    (item,) = told["errors"]
    assert item["params"] == {"nearest": "remember_me"}
    assert item["message"] == "there is no member 'rememberme'; did you mean 'remember_me'?"


async def test_a_problem_of_type_says_what_was_expected(client: Client) -> None:
    told = problem(await client.post(REGISTER, {"first_name": 1}), 422, "validation_failed")

    item = next(each for each in told["errors"] if each["pointer"] == "/first_name")
    assert item["params"] == {"expected": ["string", "null"]}
    assert item["message"] == "expected string or null, got integer"


async def test_numbers_a_client_needs_come_along(client: Client) -> None:
    told = problem(await client.post(REGISTER, {"username": "ab"}), 422, "validation_failed")

    item = next(each for each in told["errors"] if each["pointer"] == "/username")
    assert item["params"] == {"min": 3, "max": 50}


async def test_a_member_given_twice_counts_as_the_last_one(client: Client) -> None:
    content = '{"email": 1, "email": "ada@example.org", "password": "seven-red-hats"}'

    answer = await raw(client, content)

    # What JSON leaves open must at least never pass a check that its value did not.
    problem(answer, 422, "validation_failed")


async def test_a_name_of_a_megabyte_is_not_repeated(client: Client) -> None:
    answer = await client.post(LOGIN, {"x" * 1_000_000: 1})

    problem(answer, 422, "validation_failed")
    assert len(answer.content) < 2000


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "k"}], ids=["plain", "keyed"])
async def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(
    client: Client, headers: dict[str, str]
) -> None:
    async def in_parts() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 1024 * 1024

    headers = headers | {"content-type": "application/json"}
    for content in (b" " * (10 * 1024 * 1024 + 1), in_parts()):
        answer = await client.http.post(LOGIN, content=content, headers=headers)

        problem(answer, 413, "body_too_large")
