"""`serinus release`: for people and for programs, and what it says when it is refused."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import typer
from typer.testing import CliRunner

from serinus.application.release.steering import Status
from serinus.domain.release.assignment import Arm, Routing, bucket
from serinus.domain.release.in_force import Limits, in_force
from serinus.domain.release.plan import DEFAULT, Plan
from serinus.infrastructure.postgres.pool import open_pool
from serinus.presentation.cli.operations import Stopped
from serinus.presentation.cli.release_asking import Work
from serinus.presentation.cli.releases import release_app
from serinus.wiring.drilling import drill
from serinus.wiring.simulation import Simulations
from tests.support.releasing import steering

T = TypeVar("T")
BOOT = Routing(share=DEFAULT.stages[0], origin="a test")


class OnDatabase(Simulations):
    """What the commands need done, on the test's own database."""

    drill = staticmethod(drill)

    def __init__(self, url: str) -> None:
        self._url = url

    def steer(self, work: Work[T]) -> T:
        async def once() -> T:
            pool = await open_pool(self._url, size=2)
            try:
                return await work(steering(pool))
            finally:
                await pool.close()

        return asyncio.run(once())

    def watch(self, show: Callable[[Status | None], None], every: float) -> None:
        show(None)
        show(self.steer(lambda steer: steer.status()))

    def release_status(self) -> tuple[Status, Routing]:
        return self.steer(lambda steer: steer.status()), BOOT

    def bucket(self, key: str) -> tuple[int, Arm]:
        async def effective(steer: Any) -> Routing:
            found = await steer.status()
            return in_force(Limits(BOOT), found.release, await steer.pins(), found.epoch)

        routing = self.steer(effective)
        return bucket(routing.salt, key), routing.arm(key)


class Commands:
    def __init__(self, app: typer.Typer) -> None:
        self.app = app

    def run(self, *words: str, code: int = 0) -> str:
        done = CliRunner().invoke(self.app, words)
        assert done.exit_code == code, (done.output, done.exception)
        return done.stdout

    def told(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", code=code))

    def refused(self, *words: str) -> str:
        """As `run` of the main module says it: one line."""
        done = CliRunner().invoke(self.app, words)
        assert isinstance(done.exception, Stopped), (done.output, done.exception)
        return str(done.exception)


@pytest.fixture
def release(database_url: str) -> Commands:
    return Commands(release_app(OnDatabase(database_url)))


WHY = ("--reason", "to try it")
PIN = ("pin", "naoko", "candidate", *WHY)


@pytest.mark.database
def test_every_command_speaks_to_programs(release: Commands, tmp_path: Path) -> None:
    started = release.told("start", *WHY)
    assert (started["phase"], started["version"]) == ("comparing", 1)
    assert release.told("pause", *WHY)["paused"] is True
    assert release.told(*PIN) == {"consumer": "naoko", "arm": "candidate"}
    assert release.told("consumers") == {"naoko": "candidate"}
    number = bucket(f"serinus.{started['id']}", "naoko")
    found = {"consumer": "naoko", "bucket": number, "arm": "candidate"}
    assert release.told("bucket", "naoko") == found
    assert release.told("unpin", "naoko", *WHY) == {"consumer": "naoko", "arm": None}
    status = release.told("status")
    assert status["ahead"]["gate"] == "comparison"
    assert json.loads(release.run("watch", "--once", "--json"))["epoch"] == status["epoch"]
    looks = release.run("watch", "--json").splitlines()
    assert [json.loads(look) and "looked" for look in looks] == [None, "looked"]
    assert [each["kind"] for each in release.told("history")] == [
        *("started", "paused", "pinned", "pinned")
    ]
    verified = release.told("verify")
    assert (verified["holds"], verified["entries"]) == (True, 4)
    assert verified["hash"] == release.told("history")[-1]["hash"]
    assert [each["id"] for each in release.told("list")] == [started["id"]]
    assert release.told("plan-check") == DEFAULT.to_json()


@pytest.mark.database
@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("abort", *WHY), "list"),
        (("history",), "list"),
        (("verify", "--release", "0198a6a0-0000-7000-8000-00000000000a"), "list"),
        (("unpin", "naoko", *WHY), "list"),
    ],
)
def test_where_there_is_no_release_it_is_said_how_to_find_or_start_one(
    release: Commands, words: tuple[str, ...], remedy: str
) -> None:
    told = release.refused(*words)

    assert f"`serinus release {remedy}`" in told
    assert "\n" not in told


@pytest.mark.database
def test_a_refusal_says_where_to_look(release: Commands) -> None:
    release.run("start", *WHY)

    assert "`serinus release status`" in release.refused("start", *WHY)
    assert "`serinus release status`" in release.refused("resume", *WHY)
    assert "`serinus release consumers`" in release.refused("unpin", "naoko", *WHY)


@pytest.mark.database
def test_people_are_told_what_is_in_force_and_what_comes_next(release: Commands) -> None:
    release.run("start", *WHY)

    told = release.run("status")

    assert "of contract v1 is served by engine v2" in told
    assert "10 %, ramping, not before" in " ".join(told.split())
    assert "gate: comparison" in " ".join(told.split())
    assert "with the settings here it would be 10 %: a test" in told
    release.run("abort", *WHY)
    assert "nothing: it ended" in release.run("status")


def test_every_problem_of_a_plan_is_told_to_people_and_to_programs(
    release_without_database: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text('stages = [50, 10]\ndwel = "1d"\nbake = "soon"\n')

    problems = release_without_database.told("plan-check", str(file), code=1)["problems"]

    assert {problem.partition(": ")[0] for problem in problems} == {"dwel", "bake"}


def test_a_plan_that_is_checked_can_be_used_as_it_is_printed(
    release_without_database: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(release_without_database.run("plan-check").replace('"7d"', '"2h"'))

    assert release_without_database.told("plan-check", str(file))["dwell"] == "2h"


def test_what_a_plan_costs_is_told_beside_it(
    release_without_database: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text('baseline = "5m"\n')

    done = CliRunner().invoke(release_without_database.app, ("plan-check", str(file)))

    assert Plan.parse(done.stdout).baseline == timedelta(minutes=5)
    assert " ".join(done.stderr.split()).startswith("caution: baseline: in 5m little is learnt")


@pytest.fixture
def release_without_database() -> Commands:
    return Commands(release_app(OnDatabase("postgresql://nowhere.invalid/x")))
