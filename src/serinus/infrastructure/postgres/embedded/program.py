"""Running one of PostgreSQL's programs to its end, and putting its complaint into one line."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serinus.infrastructure.postgres.embedded.child import spawn
from serinus.infrastructure.postgres.embedded.cluster import Cluster
from serinus.infrastructure.postgres.embedded.errors import (
    ELSEWHERE,
    EmbeddedServerError,
    disk_full,
    free_bytes,
    says_disk_full,
)
from serinus.infrastructure.postgres.embedded.watch import Watch

SERIOUS = ("error:", "FATAL:", "PANIC:", "ERROR:")
STAMP = re.compile(r"^\S+ \S+ UTC \[\d+\] ")  # time and process, which the log has
LEAST_FREE = 1024 * 1024  # bytes


@dataclass(frozen=True)
class Limits:
    """How long something may go on: while somebody waits for it, and until the deadline."""

    watch: Watch
    deadline: float  # of the monotonic clock


def run(command: Sequence[str], cluster: Cluster, limits: Limits, given: bytes = b"") -> None:
    """Raise `EmbeddedServerError` with the program's last serious words when it fails."""
    name = Path(command[0]).name
    process = spawn(command, cluster.account, output=subprocess.PIPE, given=given)
    try:
        ended = limits.watch.wait_for(process, limits.deadline)
    finally:
        process.kill()
        output, _ = process.communicate()  # a few lines: less than the pipe holds
    if not ended:
        raise EmbeddedServerError(
            f"{name} did not end in time in {cluster.home}: is the disk very slow? Try again"
        )
    if process.returncode:
        raise failure(f"{name} failed", cluster.path, output.decode(errors="replace"))


def failure(what: str, path: Path, text: str, log: Path | None = None) -> EmbeddedServerError:
    """Turn what a program of PostgreSQL wrote into one line."""
    # A full disk may have kept it from writing why.
    if says_disk_full(text) or free_bytes(path) < LEAST_FREE:
        return disk_full(path)
    see = f" (more in {log})" if log else ""
    return EmbeddedServerError(
        f"{what} in {path}: {last_serious_line(text)}{see}; repair this, {ELSEWHERE}"
    )


def last_serious_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    serious = [line for line in lines if any(mark in line for mark in SERIOUS)]
    return STAMP.sub("", (serious or lines or ["it said nothing"])[-1])
