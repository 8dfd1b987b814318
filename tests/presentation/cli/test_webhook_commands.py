"""`serinus release webhook`, as a user types it, on a real database and a real receiver."""

import asyncio
import json
import re
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from serinus.domain.errors import SerinusError
from serinus.infrastructure.setting_values import Secret
from serinus.infrastructure.settings import Settings
from serinus.presentation.cli.webhooks import webhook_app
from serinus.wiring.database import Database
from serinus.wiring.webhooks import running
from tests.support.receiving import answering, receiving
from tests.support.releasing import plan, steering

NOBODY = UUID(int=0)
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True)
class Commands:
    database_url: str

    async def run(self, *words: str, private: bool = True) -> Result:
        env = {
            "DATABASE_URL": self.database_url,
            "SERINUS_SECRET_KEY": "a secret of the service for these tests",
            "SERINUS_WEBHOOK_PRIVATE": str(private),
        }
        settings = Settings.from_env(env)
        found = Database(url=Secret(self.database_url), place="", embedded=None)
        app = webhook_app(running(lambda: nullcontext((found, settings))))
        # The command has an event loop of its own, as in a process of its own.
        return await asyncio.to_thread(CliRunner().invoke, app, words)

    async def done(self, *words: str) -> str:
        result = await self.run(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    async def json(self, *words: str) -> Any:
        return json.loads(await self.done(*words, "--json"))

    async def refused(self, *words: str, private: bool = True) -> str:
        """What `serinus` shows as one line."""
        result = await self.run(*words, private=private)
        assert isinstance(result.exception, SerinusError), result.output
        return str(result.exception)


@pytest.fixture
def commands(database_url: str) -> Commands:
    return Commands(database_url)


async def test_a_secret_is_shown_once_alone_and_never_again(commands: Commands) -> None:
    first = await commands.done("add", "https://hooks.example/a")
    [listed] = await commands.json("list")
    second = await commands.done("rotate", listed["id"])

    assert SECRET.fullmatch(first.strip())
    assert SECRET.fullmatch(second.strip())
    assert first != second
    shown = await commands.done("list") + str(await commands.json("list"))
    assert "whsec" not in shown
    assert set(listed) == {
        *("id", "url", "kinds", "created_at", "created_by"),
        *("failing_since", "disabled_at", "disabled_why"),
    }


async def test_webhooks_are_listed_with_what_they_are_told_and_how_they_are(
    commands: Commands, pool: asyncpg.Pool
) -> None:
    added = await commands.json("add", "https://hooks.example/a", "--kind", "emergency")
    assert await commands.done("list") == (
        f"{added['id']} https://hooks.example/a is told of emergency; on\n"
    )
    await pool.execute("UPDATE webhooks SET failing_since = '2030-01-02T03:04:05Z'")
    assert "; failing since 2030-01-02 03:04:05+00:00\n" in await commands.done("list")
    await pool.execute("UPDATE webhooks SET disabled_at = now(), disabled_why = '410 Gone'")
    assert re.search(r"; disabled .*: 410 Gone\n", await commands.done("list"))

    await commands.done("enable", added["id"])
    assert (await commands.done("list")).endswith("; on\n")
    await commands.done("remove", added["id"])
    assert await commands.done("list") == ""


async def test_trying_a_webhook_says_what_became_of_it(commands: Commands) -> None:
    async with receiving() as receiver:
        added = await commands.json("add", receiver.url)
        arrived = await commands.done("test", added["id"])
        receiver.answer = answering(500)
        failed = await commands.run("test", added["id"])
        closed = await commands.run("test", added["id"], "--json", private=False)

    assert re.fullmatch(r"answered 204, after \d+ ms\n", arrived)
    assert failed.exit_code == closed.exit_code == 1
    assert failed.stdout.startswith("answered 500, after")
    assert json.loads(closed.stdout)["error"].startswith("refused: 127.0.0.1 is private")
    log = await commands.done("deliveries", "--failed")
    newest, oldest = log.splitlines()
    assert "webhook.test: given up: refused: 127.0.0.1 is private" in newest
    assert oldest.endswith("webhook.test: given up: answered 500 (attempts: 1)")


async def test_what_waits_is_listed_and_can_be_sent_again(
    commands: Commands, pool: asyncpg.Pool
) -> None:
    await commands.done("add", "https://hooks.example/a")
    await steering(pool).start(plan(), actor="me", reason="to see it listed")
    [delivery] = await commands.json("deliveries")
    assert (delivery["kind"], delivery["attempts"]) == ("started", 0)
    assert "started, entry 1: on its way (attempts: 0)\n" in await commands.done("deliveries")
    await pool.execute(
        "UPDATE webhook_deliveries SET delivered_at = now(), attempts = 3, status = 200"
    )
    assert re.search(r"delivered .*, answered 200", await commands.done("deliveries"))

    await commands.done("redeliver", delivery["id"])

    [again] = await commands.json("deliveries")
    assert (again["id"], again["attempts"], again["delivered_at"]) == (delivery["id"], 0, None)


async def test_what_cannot_be_done_is_said_with_what_to_do(commands: Commands) -> None:
    nobody = str(NOBODY)

    refused = await commands.refused("add", "http://127.0.0.1/", private=False)
    assert "SERINUS_WEBHOOK_PRIVATE=true allows that" in refused
    unknown = await commands.refused("add", "https://a.example", "--kind", "emergncy")
    assert "there are aborted, advance, emergency" in unknown
    assert "there is no webhook" in await commands.refused("rotate", nobody)
    assert "there is no delivery" in await commands.refused("redeliver", nobody)
