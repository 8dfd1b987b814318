"""A real server in a process of its own, for as long as somebody here needs it.

As `serinus serve` starts it, and tied to this process: it ends with it, however that ends.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

import httpx

from serinus.presentation.cli.operations import Stopped
from serinus.wiring.serving import die_with_parent

STARTS_WITHIN = 60.0  # seconds
STOPS_WITHIN = 20.0
POLL = 0.05


@dataclass(frozen=True, slots=True)
class OwnServer:
    """`log`: what it says."""

    process: BaseProcess
    address: str
    log: Path

    async def ready(self) -> None:
        """Wait until it answers. Raise `Stopped`."""
        deadline = monotonic() + STARTS_WITHIN
        async with httpx.AsyncClient(base_url=self.address, trust_env=False) as client:
            while monotonic() < deadline and self.process.is_alive():
                try:
                    if (await client.get("/health")).is_success:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(POLL)
        raise Stopped(f"a server did not start: {self.log.read_text()[-2000:]}")

    def end(self) -> None:
        """As an init system does: what is under way is finished."""
        if self.process.is_alive() and self.process.pid is not None:
            os.kill(self.process.pid, signal.SIGTERM)
        self.process.join(STOPS_WITHIN)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@contextmanager
def own_server(
    folder: Path, settings: Mapping[str, str], serve: Callable[[], None]
) -> Iterator[OwnServer]:
    """Ends with the context. `settings`: the environment's, beside the machine's own. `serve`:
    what the command does; it is sent to another process.
    """
    port = _free_port()
    log = folder / f"server-{port}.log"
    given = {"SERINUS_PORT": str(port), **settings}
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(given, str(log), serve), name=f"serinus-{port}"
    )
    process.start()
    server = OwnServer(process, f"http://127.0.0.1:{port}", log)
    try:
        yield server
    finally:
        server.end()


def _serve(settings: Mapping[str, str], log: str, serve: Callable[[], None]) -> None:
    os.setsid()  # Ctrl-C is for who asked for it; this one is ended in its turn
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(opened, stream)
    for name in [each for each in os.environ if each.startswith(("SERINUS_", "API_V2_"))]:
        del os.environ[name]
    os.environ.update(settings)
    die_with_parent()
    serve()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
