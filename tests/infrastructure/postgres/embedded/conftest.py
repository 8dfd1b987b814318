"""A data folder that does not exist yet."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from serinus.infrastructure.postgres.embedded.server import wait_until_stopped
from tests.support.embedded import scratch


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """In a folder that the account of PostgreSQL may pass through when we are root."""
    folder = scratch("life")
    folder.chmod(0o711)
    yield folder / ".serinus"
    wait_until_stopped(folder / ".serinus")
    shutil.rmtree(folder)
