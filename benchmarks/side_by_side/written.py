"""The files of a run."""

from pathlib import Path

import msgspec

from benchmarks.side_by_side.findings import Findings


def write(findings: Findings, html: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    results = msgspec.json.format(msgspec.json.encode(findings), indent=1)
    (folder / "results.json").write_bytes(results + b"\n")
    (folder / "report.html").write_text(html, encoding="utf-8")
