"""Which PostgreSQL runs: ours, the system's, or the one that made the data."""

import os
from pathlib import Path

import pytest

from serinus.infrastructure.postgres.embedded import binaries
from serinus.infrastructure.postgres.embedded.account import Account
from serinus.infrastructure.postgres.embedded.binaries import candidates, choose, find_package
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError
from serinus.infrastructure.postgres.embedded.server import open_embedded
from tests.infrastructure.postgres.embedded.clients import (
    CLIENT,
    a_client,
    end,
    query,
    told,
    wait_until_gone,
)

WITHOUT_WHEEL = f"""
from serinus.infrastructure.postgres.embedded import launch
launch.find_package = lambda: None
{CLIENT}
"""


def ourselves() -> Account:
    return Account(os.geteuid(), os.getegid())


def a_program(directory: Path, text: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("postgres", "initdb"):
        (directory / name).write_text(f"#!/bin/sh\n{text}\n")
        (directory / name).chmod(0o755)


@pytest.fixture
def bare_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a PostgreSQL of its own."""
    monkeypatch.setattr(binaries, "SYSTEM", ())
    monkeypatch.setenv("PATH", str(tmp_path))


def test_our_newest_comes_first(bare_system: None, tmp_path: Path) -> None:
    for name in ("pginstall9", "pginstall18", "pginstall17"):
        a_program(tmp_path / name / "bin", "exit 0")
    (tmp_path / "pginstall19" / "bin").mkdir(parents=True)  # with nothing in it

    found = [directory.parent.name for directory in candidates(tmp_path)]

    assert found == ["pginstall18", "pginstall17", "pginstall9"]


def test_the_one_that_made_the_data_is_preferred(bare_system: None, tmp_path: Path) -> None:
    for major in (16, 18):
        a_program(
            tmp_path / f"pginstall{major}" / "bin", f'echo "postgres (PostgreSQL) {major}.2"'
        )

    assert choose(tmp_path, ourselves(), tmp_path, needed=None).version == "18.2"
    assert choose(tmp_path, ourselves(), tmp_path, needed=16).version == "16.2"


def test_one_that_does_not_run_here_is_passed_over(bare_system: None, tmp_path: Path) -> None:
    a_program(tmp_path / "pginstall18" / "bin", "exit 1")
    (tmp_path / "pginstall17" / "bin").mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (tmp_path / "pginstall17" / "bin" / name).write_bytes(b"\x7fELF of another machine")
    a_program(tmp_path / "pginstall16" / "bin", 'echo "postgres (PostgreSQL) 16beta1"')

    assert choose(tmp_path, ourselves(), tmp_path, needed=None).version == "16"


def test_none_at_all_is_said_with_the_way_out(bare_system: None, tmp_path: Path) -> None:
    a_program(tmp_path / "pginstall14" / "bin", 'echo "postgres (PostgreSQL) 14.9"')

    with pytest.raises(EmbeddedServerError, match="found no PostgreSQL 15") as caught:
        choose(tmp_path, ourselves(), tmp_path, needed=None)

    assert "DATABASE_URL" in str(caught.value)


def test_the_wheel_is_found_without_being_imported() -> None:
    package = find_package()
    if package is None:
        pytest.skip("the wheel with PostgreSQL is not for this platform")

    assert (package / "__init__.py").exists()
    assert candidates(package)[0].is_relative_to(package)


@pytest.mark.database
def test_data_made_by_the_systems_postgresql_is_served_by_it(data_dir: Path) -> None:
    wheel, system = candidates(find_package()), candidates(None)
    if not system or wheel[0] == system[0]:
        pytest.skip("needs both the wheel and a PostgreSQL of the system")
    client = a_client(data_dir, WITHOUT_WHEEL)
    dsn, _ = told(client)
    query(dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
    made_by = query(dsn, "SHOW server_version")
    end(client)
    wait_until_gone(data_dir)

    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT notes FROM songs") == 7
        assert str(made_by).startswith(server.version)
