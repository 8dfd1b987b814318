"""Plans in files: reading one, and writing one with everything that it says (TOML 1.0)."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from serinus.domain.release.cautions import cautions
from serinus.domain.release.plan import Plan, PlanInvalid
from serinus.presentation.cli.plain import plain

LONGEST_PLAN = 65_536  # bytes

out = Console()
errors = Console(stderr=True, soft_wrap=True)

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def read_plan(file: Path, *, as_json: bool = False) -> Plan:
    """Raise `typer.Exit` having said what is wrong, and what Typer complains by where there is
    no such file.
    """
    try:
        with file.open("rb") as source:
            text = source.read(LONGEST_PLAN + 1)
        if len(text) > LONGEST_PLAN:
            raise typer.BadParameter(f"a plan has at most {LONGEST_PLAN} bytes")
        return Plan.parse(text.decode())
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {file}: {error}") from error
    except PlanInvalid as invalid:
        _complain(invalid, as_json=as_json)
        raise typer.Exit(1) from None


def _complain(invalid: PlanInvalid, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps({"problems": invalid.problems}))
        return
    for problem in invalid.problems:
        errors.print(Text("serinus: ").append(plain(problem)))


def warn_of(plan: Plan) -> None:
    """Beside the plan, so that what is printed is a plan still."""
    for caution in cautions(plan):
        errors.print(Text("caution: ", "yellow").append(plain(caution)))


def written(plan: Plan) -> str:
    """Defaults included. Read again it is an equal plan."""
    members = plan.to_json()
    tables = {name: each for name, each in members.items() if isinstance(each, Mapping)}
    lines = [*_pairs({name: members[name] for name in members if name not in tables})]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_pairs(table)]
    return "\n".join(lines) + "\n"


def _pairs(table: Mapping[str, object]) -> Iterator[str]:
    return (f"{_key(name)} = {_value(value)}" for name, value in table.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_pairs(value))} }}" if value else "{}"
    # Numbers, texts and lists are written as JSON has them, but for one character of texts.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)
