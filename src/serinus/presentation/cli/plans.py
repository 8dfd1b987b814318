"""A plan from a file, or every problem of it."""

from pathlib import Path

import typer
from rich.console import Console

from serinus.domain.release.plan import Plan, PlanInvalid
from serinus.presentation.cli.plain import plain

LONGEST_PLAN = 65_536  # bytes

errors = Console(stderr=True, soft_wrap=True)


def read_plan(file: Path) -> Plan:
    """Raise `typer.Exit` having said what is wrong."""
    try:
        with file.open("rb") as source:
            text = source.read(LONGEST_PLAN + 1)
        if len(text) > LONGEST_PLAN:
            raise typer.BadParameter(f"a plan has at most {LONGEST_PLAN} bytes")
        return Plan.parse(text.decode())
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {file}: {error}") from error
    except PlanInvalid as invalid:
        for problem in invalid.problems:
            errors.print(f"serinus: {plain(problem)}")
        raise typer.Exit(1) from None
