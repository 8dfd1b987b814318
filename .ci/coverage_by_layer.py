"""Coverage by layer, and whether each reaches its floor.

    python .ci/coverage_by_layer.py build/coverage.json

Reads what `coverage json` wrote. Lines and branches count alike, as they do in coverage.py's
own total. Ends with 1 where a layer, or all of them together, stays below its floor.
"""

import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

OVERALL = "overall"
#: Percent; layers without one count for the whole alone.
FLOORS = {
    "domain": 100,
    "application": 90,
    "presentation": 85,
    "infrastructure": 80,
    OVERALL: 90,
}
PACKAGE = "serinus"


@dataclass
class Measured:
    """Lines and branches: how many there are, and how many of them were run."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def add(self, summary: dict[str, int]) -> None:
        self.lines += summary["num_statements"]
        self.lines_run += summary["covered_lines"]
        self.branches += summary["num_branches"]
        self.branches_run += summary["covered_branches"]

    @property
    def percent(self) -> float:
        total = self.lines + self.branches
        return 100 * (self.lines_run + self.branches_run) / total if total else 100.0


def by_layer(report: dict[str, Any]) -> dict[str, Measured]:
    """By name of the package below ours; modules beside the packages count as overall."""
    layers: defaultdict[str, Measured] = defaultdict(Measured)
    for file, told in report["files"].items():
        below = PurePath(file).parts[PurePath(file).parts.index(PACKAGE) + 1 :]
        if len(below) > 1:
            layers[below[0]].add(told["summary"])
        layers[OVERALL].add(told["summary"])
    return dict(layers)


def missed(layers: dict[str, Measured]) -> list[str]:
    """Names of those below their floors; a layer of which nothing was measured is one."""
    return [
        name
        for name, floor in FLOORS.items()
        if name not in layers or layers[name].percent < floor
    ]


def table(layers: dict[str, Measured]) -> str:
    rows = [
        f"{'layer':<16}{'lines':>8}{'missed':>8}{'branches':>10}{'missed':>8}{'%':>8} floor"
    ]
    for name in sorted(layers, key=lambda name: (name == OVERALL, name)):
        found, floor = layers[name], FLOORS.get(name)
        # Cut off, not rounded: what is shown as 100 is 100.
        percent = int(found.percent * 100) / 100
        rows.append(
            f"{name:<16}{found.lines:>8}{found.lines - found.lines_run:>8}"
            f"{found.branches:>10}{found.branches - found.branches_run:>8}{percent:>8.2f}"
            + (f"{floor:>6}" if floor is not None else "")
        )
    return "\n".join(rows)


def main(report: Path) -> int:
    layers = by_layer(json.loads(report.read_text()))
    below = missed(layers)
    print(table(layers))  # noqa: T201 - what it is for
    if below:
        print(f"below the floor: {', '.join(below)}", file=sys.stderr)  # noqa: T201
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
