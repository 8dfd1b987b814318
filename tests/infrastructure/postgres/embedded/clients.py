"""Clients of embedded servers in processes of their own, and what is to be seen of them."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from serinus.infrastructure.postgres.embedded.server import (
    EmbeddedServerError,
    open_embedded,
)
from tests.support.serving import postgres_of

GONE_WITHIN = 3.0  # seconds

CLIENT = """
import sys
from pathlib import Path
from serinus.infrastructure.postgres.embedded.server import open_embedded
server = open_embedded(Path(sys.argv[1]))
print(server.dsn, server.started, flush=True)
sys.stdin.read()
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files and mounts")


def a_client(data_dir: Path, script: str = CLIENT) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own text
        [sys.executable, "-c", script, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(client: "subprocess.Popen[str]") -> tuple[str, bool]:
    """What a client says when it has its server: the address, and whether it started it."""
    assert client.stdout is not None
    dsn, started = client.stdout.readline().split()
    return dsn, started == "True"


def end(client: "subprocess.Popen[str]") -> None:
    client.kill()
    client.communicate(timeout=10)


def query(dsn: str, sql: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


def postmaster_of(data_dir: Path) -> psutil.Process:
    return min(postgres_of(data_dir), key=lambda process: process.create_time())


def supervisor_of(data_dir: Path) -> psutil.Process:
    supervisor = postmaster_of(data_dir).parent()
    assert supervisor is not None
    return supervisor


def wait_until(
    so: Callable[[], bool], *, seconds: float = 10, what: Callable[[], object] = str
) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def wait_until_gone(data_dir: Path, seconds: float = GONE_WITHIN) -> None:
    wait_until(
        lambda: not postgres_of(data_dir), seconds=seconds, what=lambda: postgres_of(data_dir)
    )


def complaint(data_dir: Path) -> str:
    """The one line of a server that cannot be opened."""
    with pytest.raises(EmbeddedServerError) as caught:
        open_embedded(data_dir, wait_seconds=20)
    text = str(caught.value)
    assert "\n" not in text
    return text


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A small file system in memory, where the machine lets us mount one."""
    folder.mkdir()
    options = f"size={size},mode=711"
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own words
        pytest.skip("this machine does not let us mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607
