"""The generated secret key."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from serinus.infrastructure.secret_key import kept_secret_key


def test_the_key_stays_the_same_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    key = kept_secret_key(folder)

    assert kept_secret_key(folder) == key
    assert len(key) >= 32
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: kept_secret_key(tmp_path), range(50)))

    assert len(keys) == 1
