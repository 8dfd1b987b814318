"""The embedded server: shared, restarted, and gone with its last client, however that ends."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psutil
import pytest

from serinus.infrastructure.postgres.embedded.server import (
    EmbeddedServerError,
    open_embedded,
)
from tests.support.folders import reachable_folder
from tests.support.serving import postgres_of

pytestmark = pytest.mark.database

GONE_WITHIN = 3.0  # seconds

CLIENT = """
import sys
from pathlib import Path
from serinus.infrastructure.postgres.embedded.server import open_embedded
server = open_embedded(Path(sys.argv[1]))
print(server.dsn, server.started, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder / ".serinus"


def a_client(data_dir: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own text
        [sys.executable, "-c", CLIENT, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(client: "subprocess.Popen[str]") -> tuple[str, bool]:
    """What a client says when it has its server: the address, and whether it started it."""
    assert client.stdout is not None
    dsn, started = client.stdout.readline().split()
    return dsn, started == "True"


def query(dsn: str, sql: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


def wait_until_gone(data_dir: Path, seconds: float = GONE_WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while postgres_of(data_dir):
        assert time.monotonic() < deadline, postgres_of(data_dir)
        time.sleep(0.05)


def end(client: "subprocess.Popen[str]") -> None:
    client.kill()
    client.communicate(timeout=10)


def test_it_keeps_its_data_and_forgets_its_processes(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        query(server.dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
        assert server.started
    wait_until_gone(data_dir)

    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT notes FROM songs") == 7


def test_the_application_is_no_superuser(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        assert (
            query(
                server.dsn,
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user",
            )
            is False
        )
        assert query(server.dsn, "SELECT current_setting('server_encoding')") == "UTF8"


def test_its_password_stays_out_of_what_is_printed(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        password = server.dsn.split(":")[2].split("@")[0]

        assert password not in repr(server)
        assert oct((data_dir / "embedded.json").stat().st_mode)[-3:] == "600"


def test_a_client_killed_in_its_work_takes_the_server_along(data_dir: Path) -> None:
    client = a_client(data_dir)
    dsn, _ = told(client)
    query(dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
    assert postgres_of(data_dir)

    end(client)

    wait_until_gone(data_dir)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT notes FROM songs") == 7


def test_the_second_client_joins_and_outlives_the_first(data_dir: Path) -> None:
    first = a_client(data_dir)
    dsn, started_by_first = told(first)
    second = a_client(data_dir)
    same, started_by_second = told(second)
    assert (started_by_first, started_by_second, dsn == same) == (True, False, True)

    end(first)

    assert query(dsn, "SELECT 1") == 1
    end(second)
    wait_until_gone(data_dir)


def test_many_that_open_an_empty_folder_at_once_share_one_server(data_dir: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        servers = list(threads.map(lambda _: open_embedded(data_dir), range(8)))

    assert len({server.dsn for server in servers}) == 1
    assert sum(server.started for server in servers) == 1
    for server in servers:
        server.close()
    wait_until_gone(data_dir)


def test_children_of_a_client_do_not_keep_the_server(data_dir: Path) -> None:
    server = open_embedded(data_dir)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    server.close()

    wait_until_gone(data_dir)
    child.communicate(timeout=10)


def test_a_supervisor_killed_takes_the_server_along(data_dir: Path) -> None:
    with open_embedded(data_dir):
        postmaster = min(postgres_of(data_dir), key=lambda process: process.create_time())
        supervisor = postmaster.parent()
        assert supervisor is not None

        supervisor.kill()

        wait_until_gone(data_dir, 10)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1


def test_everything_killed_at_once_starts_again(data_dir: Path) -> None:
    client = a_client(data_dir)
    dsn, _ = told(client)
    query(dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
    processes = postgres_of(data_dir)
    supervisor = min(processes, key=lambda process: process.create_time()).parent()
    assert supervisor is not None

    for process in (psutil.Process(client.pid), supervisor, *processes):
        process.kill()

    client.communicate(timeout=10)
    wait_until_gone(data_dir)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT notes FROM songs") == 7


def test_a_start_that_was_killed_does_not_block_the_next(data_dir: Path) -> None:
    client = a_client(data_dir)
    deadline = time.monotonic() + 10
    while not data_dir.exists() or not any(data_dir.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.01)

    os.kill(client.pid, signal.SIGKILL)

    client.communicate(timeout=10)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1


def complaint(data_dir: Path) -> str:
    with pytest.raises(EmbeddedServerError) as caught:
        open_embedded(data_dir, wait_seconds=20)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_folder_of_another_major_version_is_refused_with_both_versions(
    data_dir: Path,
) -> None:
    with open_embedded(data_dir):
        pass
    wait_until_gone(data_dir)
    version = data_dir / "postgres" / "PG_VERSION"
    version.write_text("14\n")

    text = complaint(data_dir)

    assert "14" in text
    assert "18" in text


def test_a_file_in_the_place_of_the_folder_is_said(data_dir: Path) -> None:
    data_dir.write_text("not a folder")

    assert str(data_dir) in complaint(data_dir)
    data_dir.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_said(data_dir: Path) -> None:
    data_dir.mkdir()
    mounted = subprocess.run(  # noqa: S603
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=711", "none", str(data_dir)],  # noqa: S607
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount")
    try:
        text = complaint(data_dir)
    finally:
        subprocess.run(["umount", "--lazy", str(data_dir)], check=True)  # noqa: S603, S607

    assert "space" in text or "full" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o500)

    assert str(data_dir) in complaint(data_dir)


def as_nobody(data_dir: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", CLIENT, data_dir],
        user="nobody",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs an account to become")
def test_an_ordinary_user_runs_it_too_and_hears_what_they_may_not_write(
    data_dir: Path,
) -> None:
    shutil.chown(data_dir.parent, "nobody")
    try:
        told_off = as_nobody("/etc/serinus-of-nobody")
        welcome = as_nobody(str(data_dir))
    except PermissionError:
        pytest.skip("this interpreter is closed to other accounts")

    assert "EmbeddedServerError" in told_off.stderr
    assert "/etc/serinus-of-nobody" in told_off.stderr
    assert welcome.stdout.startswith("postgresql://")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its account")
def test_a_folder_closed_to_the_servers_account_is_led_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with open_embedded(closed / ".serinus") as server:
        assert query(server.dsn, "SELECT 1") == 1
        cluster = (closed / ".serinus" / "postgres").resolve()

    assert cluster.is_relative_to("/var/lib/serinus")
    wait_until_gone(closed / ".serinus", 10)
    shutil.rmtree(cluster.parent)


@pytest.mark.parametrize("name", ["with space", "カナリア", "x" * 120])
def test_any_name_of_a_folder_will_do(data_dir: Path, name: str) -> None:
    with open_embedded(data_dir.parent / name / ".serinus") as server:
        assert query(server.dsn, "SELECT 1") == 1
    wait_until_gone(data_dir.parent / name / ".serinus", 10)
