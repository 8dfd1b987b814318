"""What a server that was killed leaves behind, and how the next start copes with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from serinus.infrastructure.postgres.embedded.folder import DataFolder
from serinus.infrastructure.postgres.embedded.server import (
    EmbeddedServerError,
    open_embedded,
    wait_until_stopped,
)
from tests.infrastructure.postgres.embedded.clients import (
    CLIENT,
    a_client,
    end,
    postmaster_of,
    query,
    supervisor_of,
    told,
    wait_until,
    wait_until_gone,
)
from tests.support.serving import postgres_of

pytestmark = pytest.mark.database

# A query that does not look around: its process notices nothing while it runs.
BUSY = """
import asyncio, sys
from pathlib import Path
import asyncpg
from serinus.infrastructure.postgres.embedded.server import open_embedded
server = open_embedded(Path(sys.argv[1]))
async def work():
    connection = await asyncpg.connect(server.dsn)
    print(server.dsn, server.started, flush=True)
    await connection.execute("SELECT count(*) FROM generate_series(1, 1e12::bigint)")
asyncio.run(work())
"""
FORKING = """
import os, sys, time
from pathlib import Path
from serinus.infrastructure.postgres.embedded.server import open_embedded
server = open_embedded(Path(sys.argv[1]))
child = os.fork()
if child == 0:
    os.close(1)
    time.sleep(600)
print(server.dsn, server.started, flush=True)
print(child, flush=True)
time.sleep(600)
"""


def busy_backends(data_dir: Path) -> list[psutil.Process]:
    return [p for p in postgres_of(data_dir) if "SELECT" in " ".join(p.cmdline())]


def test_a_postmaster_killed_under_a_long_query_leaves_nothing(data_dir: Path) -> None:
    client = a_client(data_dir, BUSY)
    told(client)
    wait_until(lambda: bool(busy_backends(data_dir)))
    processes = [*postgres_of(data_dir), supervisor_of(data_dir)]

    postmaster_of(data_dir).kill()

    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    end(client)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1


def test_all_killed_but_a_long_query_gives_way_to_the_next_start(data_dir: Path) -> None:
    client = a_client(data_dir, BUSY)
    told(client)
    wait_until(lambda: bool(busy_backends(data_dir)))
    processes = postgres_of(data_dir)

    for process in (supervisor_of(data_dir), postmaster_of(data_dir)):
        process.kill()
    end(client)

    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []


def test_a_supervisor_told_to_end_shuts_down_cleanly(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1
        supervisor = supervisor_of(data_dir)

        supervisor.terminate()

        supervisor.wait(timeout=10)
        assert postgres_of(data_dir) == []
    assert "database system is shut down" in (data_dir / "postgres.log").read_text()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        ours = os.getsid(0)
        for process in (supervisor_of(data_dir), *postgres_of(data_dir)):
            assert os.getsid(process.pid) != ours
        assert query(server.dsn, "SELECT 1") == 1


def test_no_zombie_is_left_with_the_client(data_dir: Path) -> None:
    with open_embedded(data_dir):
        supervisor_of(data_dir).kill()
        wait_until_gone(data_dir, 10)
        ours = psutil.Process().children()

        assert [p for p in ours if p.status() == psutil.STATUS_ZOMBIE] == []


def test_a_forked_child_does_not_keep_the_server_of_its_dead_parent(data_dir: Path) -> None:
    client = a_client(data_dir, FORKING)
    told(client)
    assert client.stdout is not None
    child = int(client.stdout.readline())
    try:
        end(client)

        wait_until_gone(data_dir)
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_whole_process_group_killed_takes_the_server_along(data_dir: Path) -> None:
    client = subprocess.Popen(  # noqa: S603 - our own text
        [sys.executable, "-c", CLIENT, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    told(client)

    os.killpg(client.pid, signal.SIGKILL)

    client.communicate(timeout=10)
    wait_until_gone(data_dir)


def test_a_process_id_that_belongs_to_somebody_else_by_now_blocks_nothing(
    data_dir: Path,
) -> None:
    with open_embedded(data_dir):
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    stale = data_dir / "postgres" / "postmaster.pid"
    # In a container the same ids come again after a crash: let it be one that lives.
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1


def test_drafts_of_starts_that_were_killed_are_cleared_away(data_dir: Path) -> None:
    draft = data_dir / "postgres.new-killed"
    (draft / "data").mkdir(parents=True)

    with open_embedded(data_dir):
        assert not draft.exists()


def test_whoever_waits_for_the_lock_in_vain_is_told(data_dir: Path) -> None:
    folder = DataFolder.at(data_dir)
    with (
        folder.locked(0),
        pytest.raises(EmbeddedServerError, match="is busy") as caught,
    ):
        open_embedded(data_dir, wait_seconds=0.2)
    assert str(data_dir) in str(caught.value)


def test_waiting_for_the_end_tells_whether_it_came(data_dir: Path) -> None:
    with open_embedded(data_dir):
        assert wait_until_stopped(data_dir, 0.1) is False
    assert wait_until_stopped(data_dir, 0.1) is True


def test_a_server_that_is_out_of_reach_is_not_started_a_second_time(data_dir: Path) -> None:
    with open_embedded(data_dir):
        known = data_dir / "embedded.json"
        port = postmaster_of(data_dir).net_connections("inet")[0].laddr.port
        # As in another container: it lives, but its port is not ours.
        known.write_text(known.read_text().replace(str(port), "1"))

        with pytest.raises(EmbeddedServerError, match="does not answer"):
            open_embedded(data_dir, wait_seconds=0.5)

        known.write_text(known.read_text().replace('"port": 1', f'"port": {port}'))
        with open_embedded(data_dir) as server:
            assert query(server.dsn, "SELECT 1") == 1


def test_removing_the_folder_under_a_server_ends_it_with_its_client(data_dir: Path) -> None:
    server = open_embedded(data_dir)
    processes = [*postgres_of(data_dir), supervisor_of(data_dir)]
    data_dir.rename(data_dir.with_name("moved"))

    server.close()

    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
