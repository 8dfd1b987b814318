"""What a running server says of the end of contract v1."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Starting
from tests.support.engines import needs_engine_v1
from tests.support.serving import command

DATES = {
    "SERINUS_V1_DEPRECATED_AT": "2026-01-01T00:00:00Z",
    "SERINUS_V1_SUNSET_AT": "2027-06-30T23:59:59+09:00",
}
TOLD = {"deprecation": "@1767225600", "sunset": "Wed, 30 Jun 2027 14:59:59 GMT"}


async def test_every_answer_of_contract_v1_tells_it_and_no_other_does(
    starting: Starting,
) -> None:
    with starting(SERINUS_RATE_LIMIT="6", **DATES) as server:
        async with server.client() as http:
            told = [
                await http.get("/api/v1/info"),
                await http.get("/api/v1/posts"),
                await http.get("/api/v1/no-such-thing"),
                await http.post("/api/v1/auth/login", json={}),
                await http.get("/api/v1/metrics"),
            ]
            other = [await http.get("/api/v2/posts"), await http.get("/health")]
            told.append(await http.get("/api/v1/posts"))  # one too many

    assert [answer.status_code for answer in told] == [200, 401, 404, 422, 200, 429]
    for answer in told:
        assert {name: answer.headers.get(name) for name in TOLD} == TOLD
    links = [answer.headers.get("link") for answer in told]
    posts = '</api/v2/posts>; rel="successor-version"'
    login = '</api/v2/auth/login>; rel="successor-version"'
    assert links == [None, posts, None, login, None, posts]
    assert not {"deprecation", "sunset", "link"} & {
        name for answer in other for name in answer.headers
    }


@needs_engine_v1
async def test_without_contract_v2_there_is_nothing_to_link_to(starting: Starting) -> None:
    with starting(API_V2_ENABLED="false", **DATES) as server:
        async with server.client() as http:
            answer = await http.get("/api/v1/posts")

    assert answer.headers["deprecation"] == TOLD["deprecation"]
    assert "link" not in answer.headers


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (
            {"SERINUS_V1_SUNSET_AT": "tomorrow"},
            "SERINUS_V1_SUNSET_AT=tomorrow: expected a time",
        ),
        (DATES | {"SERINUS_V1_SUNSET_AT": "2025-01-01T00:00:00Z"}, "SERINUS_V1_SUNSET_AT is"),
    ],
)
def test_dates_that_cannot_be_stop_the_start_with_one_line(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    ended = command("serve", cwd=tmp_path, **settings)

    assert ended.returncode != 0
    assert ended.stderr.startswith(f"serinus: {named}")
    assert len(ended.stderr.splitlines()) == 1
