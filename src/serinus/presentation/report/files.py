"""Where a report is written to: one file, or a folder with all of them."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from serinus.application.release.simulation.findings import Findings
from serinus.presentation.report.markdown import markdown
from serinus.presentation.report.page import page

NAME = "release-engine"


@dataclass(frozen=True, slots=True)
class Written:
    """`size`: bytes."""

    path: Path
    size: int


def write(found: Findings, target: Path) -> list[Written]:
    match target.suffix.lower():
        case ".md":
            return [_written(target, markdown(found))]
        case ".html":
            return [_written(target, page(found))]
        case _:
            data = msgspec.json.format(msgspec.json.encode(found), indent=1).decode()
            return [
                _written(target / f"{NAME}.md", markdown(found)),
                _written(target / f"{NAME}.html", page(found)),
                _written(target / f"{NAME}.json", data),
            ]


def _written(path: Path, text: str) -> Written:
    path.parent.mkdir(parents=True, exist_ok=True)
    return Written(path, path.write_text(text, encoding="utf-8"))
