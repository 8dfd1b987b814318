"""A release on real servers is told to who asked for it, whichever worker is killed."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from standardwebhooks import Webhook

from tests.e2e.conftest import Starting
from tests.support.receiving import Receiver, answering, receiving, silent
from tests.support.releasing import Who, plan, steering
from tests.support.serving import SECRET, RunningServer, command
from tests.support.waiting import until

WHO: Who = {"actor": "cli:test", "reason": "to see it told"}
PRIVATE = {"SERINUS_WEBHOOK_PRIVATE": "true"}


class Webhooks:
    """The commands, of the one who runs this test."""

    def __init__(self, home: Path, database_url: str) -> None:
        self._home = home
        self._settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET, **PRIVATE}

    async def run(self, *words: str, code: int = 0, **settings: str) -> str:
        done = await asyncio.to_thread(
            command, "release", "webhook", *words, cwd=self._home, **self._settings | settings
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr

    async def json(self, *words: str) -> Any:
        return json.loads(await self.run(*words, "--json"))


async def test_a_release_is_told_and_its_log_has_every_event_once(
    home: Path, database_url: str, pool: asyncpg.Pool, starting: Starting
) -> None:
    webhooks, steer = Webhooks(home, database_url), steering(pool)
    async with receiving() as receiver:
        added = await webhooks.json("add", receiver.url)
        tried = await webhooks.run("test", added["id"])
        assert re.match(r"answered 204, after \d+ ms", tried)
        receiver.received.clear()
        with starting(SERINUS_WORKERS="2", SERINUS_LOG_FORMAT="json", **PRIVATE) as server:
            await steer.start(plan(stages=[50, 100], gates={"last": "manual"}), **WHO)
            await until(lambda: receiver.has(2))  # the judge moves it on
            await steer.pause(**WHO)
            await steer.abort(**WHO)
            await until(lambda: receiver.has(4))
            await until(lambda: _logged(server, 4))

    assert receiver.kinds == ["started", "advance", "paused", "aborted"]
    for received in receiver.received:
        Webhook(added["secret"]).verify(received.body, dict(received.headers))
    moved = [each.json["data"] for each in receiver.received]
    assert [(each["share_from"], each["share_to"]) for each in moved] == [
        (None, "0"),
        ("0", "50"),
        ("50", "50"),
        ("50", "0"),
    ]
    assert [each["verdict"] is not None for each in moved] == [False, True, False, False]
    # What is logged is what is told.
    assert [_told(each) for each in _events(server)] == [
        {name: value for name, value in each.items() if name != "verdict"} for each in moved
    ]
    assert [each["level"] for each in _events(server)] == ["info", "info", "info", "warning"]
    assert added["secret"] not in server.said
    listed = await webhooks.json("deliveries")
    assert [each["kind"] for each in listed] == [
        "aborted",
        "paused",
        "advance",
        "started",
        None,
    ]
    assert all(each["delivered_at"] for each in listed)


def _events(server: RunningServer) -> list[dict[str, Any]]:
    lines = (line for line in server.said.splitlines() if line.startswith("{"))
    return [each for each in map(json.loads, lines) if each["event"] == "release event"]


def _told(event: dict[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in event.items() if n not in {"event", "level", "timestamp"}}


async def _logged(server: RunningServer, number: int) -> bool:
    return len(_events(server)) >= number


async def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another(
    home: Path, database_url: str, pool: asyncpg.Pool, starting: Starting
) -> None:
    webhooks = Webhooks(home, database_url)
    async with receiving() as receiver:
        receiver.answer = silent
        await webhooks.run("add", receiver.url, "--kind", "started")
        with starting(SERINUS_WORKERS="2", **PRIVATE) as server:
            await steering(pool).start(plan(), **WHO)
            await until(lambda: receiver.has(1))
            receiver.answer = answering(200)
            _sender(server, receiver).kill()
            await until(lambda: receiver.has(2), patience=40)

            async def delivered() -> bool:
                [delivery] = await webhooks.json("deliveries")
                return (delivery["attempts"], delivery["status"]) == (2, 200)

            await until(delivered)
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)


def _sender(server: RunningServer, receiver: Receiver) -> psutil.Process:
    """The worker that has a connection to the receiver."""
    for process in psutil.Process(server.process.pid).children(recursive=True):
        for connection in process.net_connections("tcp"):
            if connection.raddr and connection.raddr.port == receiver.port:
                return process
    raise AssertionError("nobody is connected to the receiver")


async def test_what_is_wrong_with_a_webhook_is_said_in_one_line(
    home: Path, database_url: str
) -> None:
    webhooks = Webhooks(home, database_url)

    refused = await webhooks.run("add", "http://169.254.169.254/", code=1)

    [line] = refused.splitlines()
    assert line.startswith("serinus: url: 169.254.169.254 is link-local")
