"""As root, PostgreSQL runs as another account, which reaches what it needs and no more."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serinus.infrastructure.postgres.embedded.binaries import find_package
from serinus.infrastructure.postgres.embedded.server import open_embedded
from tests.infrastructure.postgres.embedded.clients import (
    CLIENT,
    a_client,
    as_root,
    complaint,
    end,
    postmaster_of,
    query,
    told,
    wait_until_gone,
)

pytestmark = [pytest.mark.database, as_root]


def as_nobody(data_dir: Path) -> "subprocess.CompletedProcess[str]":
    """Open and leave a server as an ordinary user."""
    return subprocess.run(  # noqa: S603 - our own text
        [interpreter_for_anyone(), "-c", CLIENT, str(data_dir)],
        user="nobody",
        group=pwd.getpwnam("nobody").pw_gid,
        extra_groups=[],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def interpreter_for_anyone() -> str:
    """Ours may lie in a home that is closed to others; the system's is for everyone."""
    major, minor = sys.version_info[:2]
    for path in (sys.executable, f"/usr/bin/python{major}.{minor}"):
        try:
            subprocess.run(  # noqa: S603 - an interpreter
                [path, "-c", "import asyncpg, serinus"],
                user="nobody",
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                cwd="/",
                capture_output=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return path
    pytest.skip("no interpreter here is open to other accounts")


def test_the_server_is_not_roots(data_dir: Path) -> None:
    with open_embedded(data_dir):
        postmaster = postmaster_of(data_dir)
        status = Path(f"/proc/{postmaster.pid}/status").read_text()

    assert "Groups:\t \n" in status
    assert 0 not in {*postmaster_uids(status)}


def postmaster_uids(status: str) -> list[int]:
    line = next(line for line in status.splitlines() if line.startswith("Uid:"))
    return [int(number) for number in line.split()[1:]]


def test_an_ordinary_user_runs_it_too(data_dir: Path) -> None:
    shutil.chown(data_dir.parent, "nobody")

    opened = as_nobody(data_dir)

    assert opened.stdout.startswith("postgresql://"), opened.stderr
    assert data_dir.stat().st_mode & 0o777 == 0o700


def test_an_ordinary_user_hears_what_they_may_not_write(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o711)

    refused = as_nobody(data_dir).stderr.splitlines()[-1]

    assert "EmbeddedServerError: no permission" in refused
    assert str(data_dir) in refused


def test_an_ordinary_user_can_go_on_after_root_was_there(data_dir: Path) -> None:
    shutil.chown(data_dir.parent, "nobody")
    assert as_nobody(data_dir).returncode == 0

    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1
        assert postmaster_of(data_dir).username() == "nobody"

    again = as_nobody(data_dir)
    assert again.stdout.startswith("postgresql://"), again.stderr


def test_a_database_of_another_user_is_said(data_dir: Path) -> None:
    shutil.chown(data_dir.parent, "nobody")
    assert as_nobody(data_dir).returncode == 0
    os.chown(data_dir / "postgres", 1, 1)

    refused = as_nobody(data_dir).stderr.splitlines()[-1]

    assert f"belongs to the user {pwd.getpwuid(1).pw_name}" in refused
    assert "run as nobody" in refused
    assert "chown" in refused


def test_a_database_of_roots_is_said(data_dir: Path) -> None:
    with open_embedded(data_dir):
        pass
    os.chown(data_dir / "postgres", 0, 0)

    text = complaint(data_dir)

    assert "belongs to the user root" in text
    assert "start as root" not in text


def test_a_folder_closed_to_the_account_is_led_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data_dir = closed / ".serinus"
    with open_embedded(data_dir) as server:
        query(server.dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
        cluster = (data_dir / "postgres").resolve()
    try:
        assert cluster.is_relative_to("/var/lib/serinus")
        assert (cluster.parent / "belongs-to").read_text() == f"{data_dir}\n"
        assert closed.stat().st_mode & 0o777 == 0o700
        with open_embedded(data_dir) as server:
            assert query(server.dsn, "SELECT notes FROM songs") == 7
    finally:
        wait_until_gone(data_dir, 10)
        shutil.rmtree(cluster.parent)


def test_a_closed_folder_is_opened_to_pass_when_nothing_in_it_shows(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    secret = data_dir / "secret"
    secret.touch(mode=0o600)

    with open_embedded(data_dir):
        assert not (data_dir / "postgres").is_symlink()

    assert data_dir.stat().st_mode & 0o777 == 0o701


def test_a_closed_folder_stays_closed_when_something_in_it_would_show(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    (data_dir / "public").touch()
    (data_dir / "public").chmod(0o644)

    with open_embedded(data_dir):
        assert (data_dir / "postgres").is_symlink()

    assert data_dir.stat().st_mode & 0o777 == 0o700
    wait_until_gone(data_dir, 10)
    shutil.rmtree((data_dir / "postgres").resolve().parent)


def test_a_wheel_out_of_the_accounts_reach_is_copied_once(
    data_dir: Path, tmp_path: Path
) -> None:
    package = find_package()
    if package is None:
        pytest.skip("the wheel with PostgreSQL is not for this platform")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package, closed / package.name, ignore=shutil.ignore_patterns("include"))
    beside = package.with_name(f"{package.name}.libs")
    if beside.is_dir():
        shutil.copytree(beside, closed / beside.name)
    script = f"import sys; sys.path.insert(0, {str(closed)!r})\n{CLIENT}"

    inodes = set()
    for _ in range(2):
        client = a_client(data_dir, script)
        dsn, _started = told(client)
        assert query(dsn, "SELECT 1") == 1
        running = Path(f"/proc/{postmaster_of(data_dir).pid}/exe").resolve()
        assert running.is_relative_to(data_dir)
        inodes.add(running.stat().st_ino)
        end(client)
        wait_until_gone(data_dir)

    assert len(inodes) == 1
