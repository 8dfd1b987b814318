"""`serinus release simulate`, as a user types it."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from serinus.presentation.cli.simulating import simulate_command
from serinus.wiring.simulation import Simulations


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(simulate_command(Simulations()))
    return CliRunner().invoke(app, [*arguments, "--jobs", "1"])


def told(*arguments: str) -> Any:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_what_became_of_a_scenario_is_told_as_json() -> None:
    found = told("--scenario", "gross", "--runs", "3", "--seed", "5")

    [summary] = found["summaries"]
    assert (summary["scenario"], summary["runs"], found["seed"]) == ("gross", 3, 5)
    assert summary["taken_back"]["hits"] == 3
    assert summary["delay_requests"]["p90"] <= 6
    assert {each["measured"]["kept"] for each in found["claims"]} == {None}


def test_the_same_seed_tells_the_same() -> None:
    arguments = ("--scenario", "gross", "--runs", "2", "--seed", "9")

    assert told(*arguments) == told(*arguments)


def test_a_person_sees_tables() -> None:
    result = call("--scenario", "gross", "--runs", "1")

    assert result.exit_code == 0
    assert "gross" in result.stdout
    assert "tripwire" not in result.stderr


def test_a_candidate_can_be_described() -> None:
    found = told(
        "--candidate-error-rate", "0.9", "--consumers", "50", "--rate", "20", "--runs", "1"
    )

    [summary] = found["summaries"]
    assert summary["scenario"] == "as-given"
    assert summary["taken_back"]["hits"] == 1


def test_a_plan_of_ones_own_is_simulated(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('stages = [50, 100]\ndwell = "1m"\nbaseline = "1m"\nbake = "1m"\n')

    found = told("--plan", str(plan), "--scenario", "gross", "--runs", "1")

    assert found["plan"]["stages"] == [50, 100]
    assert list(found["summaries"][0]["stages"]) == ["comparing"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--scenario", "unheard-of"),
        ("--runs", "0"),
        ("--candidate-error-rate", "2"),
        ("--plan", "/nowhere/plan.toml"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: tuple[str, ...]) -> None:
    assert call(*wrong).exit_code == 2


def test_every_problem_of_a_plan_is_named(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('dwell = "soon"\nstages = [0]\n')

    assert call("--plan", str(plan)).exit_code == 1
