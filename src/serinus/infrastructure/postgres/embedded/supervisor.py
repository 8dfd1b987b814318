"""The process that owns PostgreSQL: starts it, waits for the last client to go, ends it.

    python -m serinus.infrastructure.postgres.embedded.supervisor FOLDER ORDER

Standard input is the reading end of the FIFO of clients, standard output takes one line of JSON
(`{}` when the server is ready, else `{"error": ...}`), standard error is the log. It is a
session of its own, so that Ctrl-C in a terminal reaches the application, not its database.
"""

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from serinus.infrastructure.postgres.embedded.binaries import choose
from serinus.infrastructure.postgres.embedded.cluster import locate
from serinus.infrastructure.postgres.embedded.connection import (
    Connection,
    read_connection,
    write_connection,
)
from serinus.infrastructure.postgres.embedded.creation import create, set_superuser_password
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError, from_os
from serinus.infrastructure.postgres.embedded.folder import DataFolder
from serinus.infrastructure.postgres.embedded.postmaster import (
    Postmaster,
    Start,
    claim,
    start,
)
from serinus.infrastructure.postgres.embedded.program import Limits
from serinus.infrastructure.postgres.embedded.watch import NobodyWaits, Watch

CLIENTS, REPORT = 0, 1  # descriptors
PATIENCE = 5.0  # seconds an order to stop waits for those who are just joining


@dataclass(frozen=True)
class Order:
    lock: int  # descriptor; held until the server is ready
    wait_seconds: float
    package: str | None
    options: dict[str, str]


def main() -> None:
    folder, order = DataFolder(Path(sys.argv[1])), Order(**json.loads(sys.argv[2]))
    if os.fork():
        os._exit(0)  # the client reaps us at once, whoever of us two lives longer
    os.chdir("/")
    watch = Watch(CLIENTS)
    try:
        postmaster = _bring_up(folder, order, watch)
    except NobodyWaits:
        return
    except EmbeddedServerError as error:
        _report(order, {"error": str(error)})
    except OSError as error:
        _report(order, {"error": str(from_os(error, folder.root))})
    else:
        _report(order, {})
        _guard(folder, postmaster, watch)


def _report(order: Order, line: dict[str, str]) -> None:
    with suppress(BrokenPipeError):
        os.write(REPORT, json.dumps(line).encode() + b"\n")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, REPORT)
    os.close(nowhere)
    os.close(order.lock)


def _bring_up(folder: DataFolder, order: Order, watch: Watch) -> Postmaster:
    limits = Limits(watch, time.monotonic() + order.wait_seconds)
    cluster = locate(folder)
    alive = claim(folder, cluster, limits)
    cluster.clean()
    package = Path(order.package) if order.package else None
    binaries = choose(package, cluster.account, cluster.home, needed=cluster.major)
    how = Start(folder, cluster, binaries, order.options, limits)
    connection = _prepare(how)
    postmaster = start(how, alive, connection.port)
    try:
        write_connection(
            folder,
            replace(
                connection, port=postmaster.port, pid=os.getpid(), version=binaries.version
            ),
        )
    except OSError:
        postmaster.stop()
        raise
    return postmaster


def _prepare(how: Start) -> Connection:
    """Make the cluster when there is none; the passwords are on disk before they are set."""
    known = read_connection(how.folder)
    connection = known or Connection.invent()
    if known is None:
        write_connection(how.folder, connection)
    secret = connection.superuser_password
    if not how.cluster.exists:
        durable = how.options.get("fsync") != "off"
        create(how.cluster, how.binaries, secret, how.limits, durable=durable)
    elif known is None:
        set_superuser_password(how.cluster, how.binaries, secret, how.limits)
    return connection


def _guard(folder: DataFolder, postmaster: Postmaster, watch: Watch) -> None:
    """Return when PostgreSQL has ended. Ends it after the last client, or when told to.

    Should PostgreSQL end by itself, so does this process: the next client starts it anew.
    """
    while postmaster.is_running:
        watch.wait(None)
        if (watch.told_to_stop or watch.abandoned) and _end(folder, postmaster, watch):
            return
    postmaster.stop()


def _end(folder: DataFolder, postmaster: Postmaster, watch: Watch) -> bool:
    """Stop PostgreSQL under the lock, so that nobody joins meanwhile; False: somebody has."""
    patience = PATIENCE if watch.told_to_stop else float("inf")
    gone = (EmbeddedServerError, OSError)  # somebody holds the lock, or removed the folder
    with suppress(*gone), folder.locked(time.monotonic() + patience):
        if not (watch.told_to_stop or watch.abandoned):
            return False
        postmaster.stop()
        os.close(CLIENTS)  # whoever comes after the lock shall not take us for alive
        return True
    postmaster.stop()
    return True


if __name__ == "__main__":
    main()
