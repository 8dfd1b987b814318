"""Plans in files: reading one, and writing one with everything that it says (TOML 1.0)."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import typer

from serinus.domain.release.plan import Plan

LONGEST_PLAN = 65_536  # bytes

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def read_plan(file: Path) -> Plan:
    """Raise `PlanInvalid`, and what Typer complains by where there is no such file."""
    try:
        with file.open("rb") as source:
            text = source.read(LONGEST_PLAN + 1)
        if len(text) > LONGEST_PLAN:
            raise typer.BadParameter(f"a plan has at most {LONGEST_PLAN} bytes")
        return Plan.parse(text.decode())
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {file}: {error}") from error


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
