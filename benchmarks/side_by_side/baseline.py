"""A stored run to compare with: ratios alone, for milliseconds do not carry over.

python -m benchmarks.side_by_side.baseline     stores what `make bench` has found
"""

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.side_by_side.cases import PEERS
from benchmarks.side_by_side.figures import Ratio
from benchmarks.side_by_side.findings import Compared, Findings

FOLDER = Path(__file__).parents[1] / "baselines"
RESULTS = Path("build/bench/results.json")
TOLERANCE = 1.25  # a ratio that grew by less is not looked at


class NoBaseline(Exception):
    """None is stored for machines of this kind."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """`seconds`: of each case in each round. With eight clients a round that is shorter than an
    answer measures something else.
    """

    machine: str
    seconds: float
    ratios: dict[str, Ratio]


def machine() -> str:
    """The kind of this machine, not which one it is."""
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    parts = (sys.platform, platform.machine().lower(), f"{_processors()}cpu", version)
    return "-".join(parts)


def of(findings: Findings) -> Baseline:
    """Of Serinus alone: how fast others are is not ours to keep."""
    others = {way.name for way in PEERS}
    ratios = {each.name: each.against for each in findings.compared if each.way not in others}
    return Baseline(findings.machine, findings.seconds, ratios)


def store(findings: Findings, folder: Path = FOLDER) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{findings.machine}.json"
    data = msgspec.json.format(msgspec.json.encode(of(findings)), indent=1)
    target.write_bytes(data + b"\n")
    return target


def stored(kind: str, folder: Path = FOLDER) -> Baseline:
    """Raise `NoBaseline`."""
    file = folder / f"{kind}.json"
    if not file.exists():
        raise NoBaseline(f"no baseline of {kind} is stored: make bench-baseline")
    return msgspec.json.decode(file.read_bytes(), type=Baseline)


def regressions(found: list[Compared], baseline: Baseline) -> list[str]:
    """What got slower against engine v1: by more than a quarter, and by more than chance."""
    worse = []
    for each in found:
        before = baseline.ratios.get(each.name)
        if before is None:
            continue
        now = each.against
        if now.ratio > TOLERANCE * before.ratio and now.least > before.most:
            worse.append(
                f"{each.name}: {now.ratio:.3f} of engine v1's time "
                f"({now.least:.3f} to {now.most:.3f}), it was {before.ratio:.3f} "
                f"({before.least:.3f} to {before.most:.3f})"
            )
    return worse


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    if not RESULTS.exists():
        sys.exit(f"{RESULTS} is not there: make bench")
    findings = msgspec.json.decode(RESULTS.read_bytes(), type=Findings)
    sys.stdout.write(f"stored {store(findings).relative_to(FOLDER.parents[1])}\n")


if __name__ == "__main__":
    main()
