"""Folders for embedded servers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serinus.infrastructure.postgres.embedded.server import wait_until_stopped


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that another account may pass through, as PostgreSQL's does when we are root.

    pytest's own are closed to others, and servers would move their clusters elsewhere.
    """
    folder = Path(tempfile.mkdtemp(prefix="serinus-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        wait_until_stopped(folder / ".serinus")
        shutil.rmtree(folder)
