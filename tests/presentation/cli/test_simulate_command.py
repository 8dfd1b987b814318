"""`serinus release simulate`, as a user types it."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from serinus.application.release.simulation.scenarios import SCENARIOS
from serinus.presentation.cli.simulating import Lines, simulate_command
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


def test_a_report_is_of_the_scenarios_that_were_asked_for(tmp_path: Path) -> None:
    report = tmp_path / "report.md"

    result = call("--scenario", "gross", "--runs", "2", "--report", str(report))

    assert result.exit_code == 0, result.output
    assert "the candidate fails every request" in report.read_text()
    assert SCENARIOS["outage"].meaning not in report.read_text()


def test_into_a_file_it_is_told_once_a_minute_how_far_it_is() -> None:
    seconds = iter([0.0, 100.0, 159.0, 160.0, 200.0, 220.0])
    told: list[str] = []
    lines = Lines(told.append, lambda: next(seconds))

    lines.begun(1_000)
    for _ in range(4):
        lines.advance(125)

    assert told == [
        "250 of 1,000 releases after 60 s, about 3.0 min left",
        "500 of 1,000 releases after 2.0 min, about 2.0 min left",
    ]
