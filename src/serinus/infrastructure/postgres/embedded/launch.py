"""Starting the supervisor and hearing from it whether its server is ready."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from selectors import EVENT_READ, DefaultSelector

from serinus.infrastructure.postgres.embedded.binaries import find_package
from serinus.infrastructure.postgres.embedded.errors import ELSEWHERE, EmbeddedServerError
from serinus.infrastructure.postgres.embedded.folder import DataFolder

SUPERVISOR = "serinus.infrastructure.postgres.embedded.supervisor"
GRACE = 20.0  # seconds the supervisor may take beyond its own deadline to undo what it began


def launch(
    folder: DataFolder, lock: int, clients: int, seconds: float, options: Mapping[str, str]
) -> None:
    """Return when the server is ready. Raise `EmbeddedServerError` when it does not get so.

    The supervisor inherits `lock`, the descriptor of the lock we hold, until then, and
    `clients`, the reading end of the FIFO, until its end.
    """
    package = find_package()
    order = {
        "lock": lock,
        "wait_seconds": seconds,
        "package": os.fspath(package) if package else None,
        "options": dict(options),
    }
    line = _ask(folder, json.dumps(order), lock, clients, seconds + GRACE)
    if not line:
        raise EmbeddedServerError(
            f"the supervisor of the PostgreSQL in {folder.root} ended or hangs without a word:"
            f" see {folder.log}"
        )
    if "error" in (answer := json.loads(line)):
        raise EmbeddedServerError(answer["error"])


def _ask(folder: DataFolder, order: str, lock: int, clients: int, seconds: float) -> bytes:
    """Return the line it reports, or nothing."""
    command = [sys.executable, "-P", "-m", SUPERVISOR, os.fspath(folder.root), order]
    log = folder.open_log()
    try:
        process = subprocess.Popen(  # noqa: S603 - ourselves, no shell
            command,
            stdin=clients,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(lock,),
            start_new_session=True,
        )
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot start {sys.executable}, which would look after the PostgreSQL in"
            f" {folder.root} ({error.strerror}): let this user run it, {ELSEWHERE}"
        ) from error
    finally:
        os.close(log)
    with process, DefaultSelector() as selector:  # it ends at once and goes on in its child
        assert process.stdout is not None  # noqa: S101 - asked for a pipe
        selector.register(process.stdout, EVENT_READ)
        return process.stdout.readline() if selector.select(seconds) else b""
