"""`serinus serve` in a process of its own, as a user starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

SECRET = "a secret for the life of one test run"
STARTS_WITHIN = 60.0  # seconds; a cold embedded server on a busy machine
STOPS_WITHIN = 30.0
MEASURED_BY = "COVERAGE_PROCESS_CONFIG"  # by which a process is told to measure its coverage


def environment(**settings: str) -> dict[str, str]:
    """What the machine gives to every process, and the settings, and nothing else."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", MEASURED_BY)
    given = {name: os.environ[name] for name in kept if name in os.environ}
    return given | {"PYTHONUNBUFFERED": "1"} | settings


def command(
    *arguments: str, cwd: Path, stdin: str = "", **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run `serinus ...` to its end."""
    return command_within(60, *arguments, cwd=cwd, stdin=stdin, **settings)


def command_within(
    seconds: float, /, *arguments: str, cwd: Path, stdin: str = "", **settings: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "serinus", *arguments],
        cwd=cwd,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def hears_interrupts() -> None:
    """In a new process. What a shell starts in the background ignores SIGINT, as do we then."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class RunningServer:
    process: "subprocess.Popen[bytes]"
    address: str
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()

    def client(self, **options: object) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address, timeout=30, **options)  # type: ignore[arg-type] # options of httpx

    def stop(self) -> int:
        """Ask it to end, as an init system does."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOPS_WITHIN)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOPS_WITHIN)


@contextmanager
def serving(cwd: Path, *arguments: str, **settings: str) -> Iterator[RunningServer]:
    """A server that answers. Ends with the context, however that ends."""
    port = settings.setdefault("SERINUS_PORT", str(_free_port()))
    settings.setdefault("SERINUS_RATE_LIMIT", "0")
    settings.setdefault("SERINUS_LOGIN_RATE_LIMIT", "0")
    output = cwd / f"server-{port}-{time.monotonic_ns()}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "serinus", "serve", *arguments],
            cwd=cwd,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = RunningServer(process, f"http://127.0.0.1:{port}", output)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        _end(process)


def postgres_of(data_dir: Path) -> list[psutil.Process]:
    """The processes of the embedded server in that folder."""
    cluster = str((data_dir / "postgres").resolve())
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(argument.endswith(cluster) for argument in process.info["cmdline"] or ()):
            found += [process, *_children(process)]
    return found


@contextmanager
def frozen(data: Path) -> Iterator[None]:
    """A database server that answers nobody, and refuses nobody."""
    processes = postgres_of(data)
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _wait_until_healthy(server: RunningServer) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise AssertionError(f"the server ended at once:\n{server.said}")
        try:
            if httpx.get(f"{server.address}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server does not answer:\n{server.said}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        workers = _children(psutil.Process(process.pid))
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOPS_WITHIN)
        psutil.wait_procs(workers, timeout=STOPS_WITHIN)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
