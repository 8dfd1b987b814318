"""Real servers on a database of their own, as the command line starts them, for as long as
something is measured on them.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec

from serinus.infrastructure.postgres.embedded.folder import DataFolder

HOST = "127.0.0.1"
FAULT = "SERINUS_FAULT"
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
STARTS_WITHIN, ENDS_WITHIN = 90.0, 30.0  # seconds
ANSWERS_WITHIN = 60.0  # seconds, of a command


class NotServing(Exception):
    """A server did not start; the message ends with what it said."""


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
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {
        "SERINUS_DATA_DIR": str(folder / "data"),
        "SERINUS_RATE_LIMIT": "0",
        "SERINUS_LOGIN_RATE_LIMIT": "0",
        "SERINUS_ACCESS_LOG": "false",
        "SERINUS_WORKERS": "2",
    }
    if fault is not None:
        environment[FAULT] = fault
    try:
        with ExitStack() as running:
            ports = [
                running.enter_context(_serving(folder, environment)) for _ in range(servers)
            ]
            yield Deployment(folder, environment, ports)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(folder: Path, environment: dict[str, str]) -> Iterator[int]:
    port = _free_port()
    output = folder / f"server-{port}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "serinus", "serve"],
            cwd=folder,
            env=environment | {"SERINUS_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(process, port, output)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(process: "subprocess.Popen[bytes]", port: int, output: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if _status(port, "/health") == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise NotServing(f"a server did not start: {output.read_text()[-500:]}")


def _status(port: int, path: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=5.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
