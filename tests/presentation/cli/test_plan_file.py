"""A plan that is written is the plan that is read."""

from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.plan import DEFAULT, Plan
from serinus.presentation.cli.plan_file import LONGEST_PLAN, read_plan, written
from tests.support.verdicts import plans

#: As the name of a route can be, if somebody wants it so.
routes = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@given(plans(), st.lists(routes, max_size=3), st.floats(1e-9, 0.49))
def test_what_is_written_reads_as_the_same_plan(
    plan: Plan, names: list[str], limit: float
) -> None:
    members = plan.to_json() | {
        "routes": {
            "exclude": [f"/{name}" for name in names],
            "shares": {f"/{name}": 12.5 for name in names},
        },
        "risk": {"false_rollback": limit},
    }
    plan = Plan.from_json(members)

    assert Plan.parse(written(plan)) == plan


def test_the_default_is_written_with_all_that_it_says() -> None:
    text = written(DEFAULT)

    assert 'dwell = "7d"' in text.splitlines()
    assert "slow = { over_ms = 200, slo = 0.01 }" in text.splitlines()
    assert Plan.parse(text) == DEFAULT


def test_a_file_that_is_no_plan_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.toml"
    with pytest.raises(typer.BadParameter, match="cannot read"):
        read_plan(file)
    file.write_bytes(b"#" * (LONGEST_PLAN + 1))
    with pytest.raises(typer.BadParameter, match="at most"):
        read_plan(file)
    file.write_bytes(b"\xff")
    with pytest.raises(typer.BadParameter, match="cannot read"):
        read_plan(file)
    file.write_text("stages = [1")
    with pytest.raises(typer.Exit):
        read_plan(file)
    assert capsys.readouterr().err.startswith("serinus: plan: not TOML")
