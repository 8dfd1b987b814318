"""A real server in a process of its own, for as long as somebody here needs it.

As `serinus serve` starts it, and tied to this process: it ends with it, however that ends.
"""

import multiprocessing
import os
import runpy
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing.process import BaseProcess
from pathlib import Path

from serinus.wiring.serving import die_with_parent

HOST = "127.0.0.1"
STARTS_WITHIN, ENDS_WITHIN = 90.0, 30.0  # seconds
POLL = 0.05
#: Of the machine; everything else is what the settings say, and nobody's own.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")


class NotServing(Exception):
    """A server did not start; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class OwnServer:
    process: BaseProcess
    port: int

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def end(self) -> None:
        """As an init system does: what is under way is finished."""
        if self.process.is_alive() and self.process.pid is not None:
            os.kill(self.process.pid, signal.SIGTERM)
        self.process.join(ENDS_WITHIN)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def environment(**settings: str) -> dict[str, str]:
    """What the machine gives to every process, and the settings, and nothing else."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | settings


@contextmanager
def own_server(folder: Path, settings: Mapping[str, str]) -> Iterator[OwnServer]:
    """It answers, runs in the folder, and ends with the context. Raise `NotServing`."""
    port = _free_port()
    log = folder / f"server-{port}.log"
    given = environment(**settings, SERINUS_PORT=str(port))
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(str(folder), given, str(log)), name=f"serinus-{port}"
    )
    process.start()
    server = OwnServer(process, port)
    try:
        _wait_until_healthy(server, log)
        yield server
    finally:
        server.end()


def _serve(folder: str, settings: Mapping[str, str], log: str) -> None:
    os.setsid()  # Ctrl-C is for who asked for it; this one is ended in its turn
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(opened, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    die_with_parent()
    sys.argv = ["serinus", "serve"]
    runpy.run_module("serinus", run_name="__main__")


def _wait_until_healthy(server: OwnServer, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while server.process.is_alive() and time.monotonic() < deadline:
        try:
            if _status(server.port, "/health") == 200:
                return
        except OSError:
            pass
        time.sleep(POLL)
    raise NotServing(f"a server did not start: {log.read_text()[-500:]}")


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
