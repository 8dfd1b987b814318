"""Starting PostgreSQL, waiting until it answers, and stopping it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from serinus.infrastructure.postgres.embedded.binaries import Binaries
from serinus.infrastructure.postgres.embedded.child import spawn
from serinus.infrastructure.postgres.embedded.cluster import Cluster
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError
from serinus.infrastructure.postgres.embedded.folder import DataFolder, try_lock
from serinus.infrastructure.postgres.embedded.program import Limits, failure

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths may have 107 bytes; ours may be longer
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",  # one process less
    "temp_file_limit": "2GB",  # a sort that got out of hand must not fill the disk of a laptop
    "client_connection_check_interval": "1s",  # a query nobody waits for any more is ended
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "lc_messages": "C",
}
# Fast, immediate, and when even that does not help, by force: (signal, seconds to wait for it).
STOPS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
POLL = 0.01  # seconds
READY_LINE = 7  # of postmaster.pid, counted from 0
READY = "ready   "  # what stands there once connections are taken
PORTS_TRIED = 5


class PortTaken(Exception):
    """Somebody took the port after we had found it free."""


@dataclass(frozen=True)
class Start:
    folder: DataFolder
    cluster: Cluster
    binaries: Binaries
    options: Mapping[str, str]
    limits: Limits


def claim(folder: DataFolder, cluster: Cluster, limits: Limits) -> int:
    """Lock out every PostgreSQL process that may be left of an earlier server.

    Each inherits the lock. So it tells about those whose supervisor or postmaster was killed,
    and about those in another container, whose process ids mean nothing here.
    """
    alive = folder.open_alive()
    stops = iter(STOPS)
    patience = 0.0
    while not try_lock(alive):
        if time.monotonic() >= patience:
            number, seconds = next(stops, STOPS[-1])
            patience = time.monotonic() + seconds
            end_leftovers(cluster, number)
        if time.monotonic() > limits.deadline:
            raise EmbeddedServerError(
                f"a PostgreSQL that was started for {cluster.path} is still running"
                f" (process {_recorded_pid(cluster) or 'unknown'}): end it and try again"
            )
        limits.watch.check()
        limits.watch.wait(0.05)
    _forget_stranger(cluster)
    return alive


def end_leftovers(cluster: Cluster, number: signal.Signals = signal.SIGINT) -> None:
    """Send a postmaster that has lost its supervisor `number`; it sees to its own children.

    Without a postmaster they end by themselves, but only after the query they are at, so they
    are told to end at once. (SIGINT would mean another thing to each of them.)
    """
    pid = _recorded_pid(cluster)
    if pid and _serves(pid, cluster):
        targets = [pid]
    else:
        targets = [pid for pid in _pids() if _serves(pid, cluster)]
        number = signal.SIGQUIT if number == signal.SIGINT else number
    for target in targets:
        with suppress(ProcessLookupError):
            os.kill(target, number)


def _pids() -> list[int]:
    """Every process, where the system tells; elsewhere the children of a postmaster stay."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _forget_stranger(cluster: Cluster) -> None:
    """Remove a stale postmaster.pid when its process id now belongs to something else.

    PostgreSQL would refuse to start. After a crash in a container, where the same few ids come
    again, that is usual. With an id that nobody has it deals itself.
    """
    pid = _recorded_pid(cluster)
    if pid and _is_running(pid) and not _serves(pid, cluster):
        (cluster.path / "postmaster.pid").unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # as somebody else
    return True


def _recorded_pid(cluster: Cluster) -> int | None:
    try:
        return int(_status(cluster)[0])
    except (IndexError, ValueError):
        return None


def _status(cluster: Cluster) -> list[str]:
    try:
        return (cluster.path / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _serves(pid: int, cluster: Cluster) -> bool:
    """Whether the process is a PostgreSQL on these files: it works in their folder."""
    process = Path(f"/proc/{pid}")
    if Path("/proc/self/cwd").exists():
        try:
            is_postgres = (process / "comm").read_text().startswith("postgres")
            return is_postgres and (process / "cwd").samefile(cluster.path)
        except OSError:
            return False
    listed = subprocess.run(  # noqa: S603 - a number is all that is given
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return b"postgres" in listed.stdout and os.fsencode(cluster.path) in listed.stdout


class Postmaster:
    """The main process of PostgreSQL, our child."""

    def __init__(self, process: subprocess.Popen[bytes], cluster: Cluster, port: int) -> None:
        self.port = port
        self._process = process
        self._cluster = cluster

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End it and, should it have been killed, what it left behind."""
        for number, seconds in STOPS:
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                break
        end_leftovers(self._cluster)


def start(how: Start, alive: int, last_port: int) -> Postmaster:
    """Start PostgreSQL on the port it had the last time, or another that is free."""
    for port in _ports(last_port):
        with suppress(PortTaken):
            return _start_on(port, how, alive)
    raise EmbeddedServerError(
        f"found no free port on 127.0.0.1 for the PostgreSQL in {how.cluster.path}: try again"
    )


def _ports(last: int) -> Iterator[int]:
    for wanted in (last, *[0] * PORTS_TRIED):
        with suppress(OSError):
            yield _free_port(wanted)


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        # As PostgreSQL does: connections of its last run may linger on the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        port: int = probe.getsockname()[1]
        return port


def _start_on(port: int, how: Start, alive: int) -> Postmaster:
    settings = SETTINGS | dict(how.options) | {"port": str(port)}
    values = [f"-c{name}={value}" for name, value in settings.items()]
    command = [str(how.binaries.postgres), f"-D{how.cluster.path}", *values]
    log = how.folder.open_log()
    written = os.fstat(log).st_size
    try:
        process = spawn(
            command,
            how.cluster.account,
            output=log,
            keep_open=(alive,),
            at_our_end=signal.SIGINT,
        )
    finally:
        os.close(log)
    postmaster = Postmaster(process, how.cluster, port)
    try:
        _wait_until_ready(process, how, written)
    except BaseException:
        postmaster.stop()
        raise
    return postmaster


def _wait_until_ready(process: subprocess.Popen[bytes], how: Start, written: int) -> None:
    while process.poll() is None:
        status = _status(how.cluster)
        if status[:1] == [str(process.pid)] and status[READY_LINE:] == [READY]:
            return
        if time.monotonic() > how.limits.deadline:
            what = "PostgreSQL did not get ready in time"
            raise failure(what, how.cluster.path, _said(how.folder, written), how.folder.log)
        how.limits.watch.check()
        how.limits.watch.wait(POLL)
    text = _said(how.folder, written)
    if "could not bind" in text:
        raise PortTaken
    killed = f" (killed by signal {-process.returncode})" if process.returncode < 0 else ""
    raise failure(f"PostgreSQL did not start{killed}", how.cluster.path, text, how.folder.log)


def _said(folder: DataFolder, since: int) -> str:
    with folder.log.open("rb") as log:
        log.seek(since)
        return log.read().decode(errors="replace")
