"""What goes wrong inside stays inside, and writers that meet all come through."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from serinus.domain.content.post import PostNotFound
from serinus.domain.errors import Stale
from serinus.presentation.http.v1.last_wins import ATTEMPTS, last_wins
from tests.contract.v1.clients import People, data, refusal


async def test_a_defect_is_logged_once_and_not_shown(
    people: People, pool: asyncpg.Pool
) -> None:
    author = await people.a()
    await pool.execute("ALTER TABLE posts RENAME COLUMN excerpt TO secret_name")

    with capture_logs() as logs:
        answer = await author.get("/posts")

    assert refusal(answer) == (500, "An internal server error occurred")
    assert "secret_name" not in answer.text
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_writers_that_meet_try_again_and_all_succeed(people: People) -> None:
    author = await people.a()
    post = await author.wrote()

    answers = await asyncio.gather(
        *(author.post(f"/posts/{post['id']}/publish") for _ in range(4))
    )

    assert {data(answer)["status"] for answer in answers} == {"published"}


@pytest.mark.parametrize("losses", [0, 1, ATTEMPTS - 1])
async def test_who_lost_a_race_reads_again_and_writes_again(losses: int) -> None:
    attempts = iter([Stale(2)] * losses)

    async def write() -> str:
        for lost in attempts:
            raise lost
        return "written"

    assert await last_wins(write) == "written"


async def test_who_always_loses_is_told_to_wait() -> None:
    async def write() -> Any:
        raise Stale(2)

    with pytest.raises(Stale):
        await last_wins(write)


async def test_what_is_gone_is_not_tried_again() -> None:
    attempts: list[int] = []

    async def write() -> Any:
        attempts.append(1)
        raise PostNotFound("gone")

    with pytest.raises(PostNotFound):
        await last_wins(write)
    assert len(attempts) == 1


async def test_a_body_beyond_measure_is_refused(http: httpx.AsyncClient) -> None:
    body = b'{"email": "' + b"x" * (10 * 1024 * 1024) + b'"}'

    answer = await http.post(
        "/auth/login", content=body, headers={"Content-Type": "application/json"}
    )

    assert refusal(answer) == (413, "Request body too large")
