"""The folder through which workers add up what they count.

`serve` makes it and removes it. It is locked for as long as anybody uses it, workers included:
a folder that somebody else can lock is what a killed server left, and goes with the next start.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "serinus-metrics-"
LOCK = "lock"


@contextmanager
def metrics_folder(parent: Path | None = None) -> Iterator[None]:
    """For this process and those it starts. One that the operator names is left as it is.

    `parent`: where it is made; None for where temporary files go.
    """
    if os.environ.get(VARIABLE):
        yield
        return
    parent = parent or Path(tempfile.gettempdir())
    _remove_leftovers(parent)
    folder, lock = _locked_folder(parent)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def forget_dead_workers(folder: Path) -> None:
    """Take what dead workers held out of the sums; what they counted was done and stays."""
    for file in folder.glob("gauge_live*.db"):
        if not _alive(int(file.stem.rpartition("_")[2])):
            file.unlink(missing_ok=True)


def forget_predecessor(folder: Path) -> None:
    """Before a worker counts: a dead one may have had its process id."""
    for file in folder.glob(f"gauge_live*_{os.getpid()}.db"):
        file.unlink(missing_ok=True)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    # It gets the name by which leftovers are found once it is locked, not before.
    made = Path(tempfile.mkdtemp(prefix=f"new-{PREFIX}", dir=parent))
    lock = os.open(made / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return made.rename(made.with_name(made.name.removeprefix("new-"))), lock


def _remove_leftovers(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            lock = os.open(folder / LOCK, os.O_RDWR)
        except OSError:  # another account's, or gone meanwhile
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:  # in use
            pass
        finally:
            os.close(lock)


def _alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
