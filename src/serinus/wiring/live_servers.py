"""Real servers on a database of their own, as the command line starts them, for as long as
something is measured on them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from serinus.infrastructure.postgres.embedded.folder import DataFolder
from serinus.wiring.own_server import environment, own_server

FAULT = "SERINUS_FAULT"
ANSWERS_WITHIN = 60.0  # seconds, of a command


@dataclass(frozen=True, slots=True)
class Deployment:
    """Servers that share a database, and what is typed beside them."""

    folder: Path
    environment: dict[str, str]
    ports: Sequence[int]

    def command(self, *words: str, patience: float = ANSWERS_WITHIN) -> str:
        """What `serinus release ...` prints. Raise `SubprocessError`."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "serinus", "release", *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
            check=True,
        ).stdout

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.command("status", "--json"))
        return found

    def start(self, plan: str) -> None:
        file = self.folder / "plan.toml"
        file.write_text(plan, encoding="utf-8")
        self.command("start", "--plan", str(file), "--reason", "measured for the report")

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """It answers nobody, and refuses nobody. Linux alone tells who its processes are."""
        cluster = DataFolder(self.folder / "data").cluster
        first = int((cluster / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        processes = [first, *map(int, children)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)


@contextmanager
def deployed(servers: int, fault: str | None = None) -> Iterator[Deployment]:
    """All end with the block, and leave nothing behind. `fault`: of the candidate's engine.

    Raise `NotServing`.
    """
    folder = Path(tempfile.mkdtemp(prefix="serinus-live-"))
    folder.chmod(0o711)  # root does not run PostgreSQL: another account has to pass through
    settings = {
        "SERINUS_DATA_DIR": str(folder / "data"),
        "SERINUS_RATE_LIMIT": "0",
        "SERINUS_LOGIN_RATE_LIMIT": "0",
        "SERINUS_ACCESS_LOG": "false",
        "SERINUS_WORKERS": "2",
    }
    if fault is not None:
        settings[FAULT] = fault
    try:
        with ExitStack() as running:
            ports = [
                running.enter_context(own_server(folder, settings)).port for _ in range(servers)
            ]
            yield Deployment(folder, environment(**settings), ports)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
