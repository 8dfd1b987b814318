"""The embedded server: shared, restarted, and gone with its last client, however that ends."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from serinus.infrastructure.postgres.embedded.folder import LOG_LIMIT
from serinus.infrastructure.postgres.embedded.server import open_embedded
from tests.infrastructure.postgres.embedded.clients import (
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
        supervisor_of(data_dir).kill()

        wait_until_gone(data_dir, 10)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1


def test_everything_killed_at_once_starts_again(data_dir: Path) -> None:
    client = a_client(data_dir)
    dsn, _ = told(client)
    query(dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
    processes, supervisor = postgres_of(data_dir), supervisor_of(data_dir)

    for process in (psutil.Process(client.pid), supervisor, *processes):
        with suppress(psutil.NoSuchProcess):  # the first deaths bring the next about
            process.kill()

    client.communicate(timeout=10)
    wait_until_gone(data_dir)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT notes FROM songs") == 7


def test_a_start_that_was_killed_does_not_block_the_next(data_dir: Path) -> None:
    client = a_client(data_dir)
    wait_until(lambda: data_dir.exists() and any(data_dir.iterdir()))

    os.kill(client.pid, signal.SIGKILL)

    client.communicate(timeout=10)
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1


def test_any_name_of_a_folder_will_do(data_dir: Path) -> None:
    odd = data_dir.parent / f"カナリア a'b\"c$d%e {'x' * 200}" / ".serinus"
    with open_embedded(odd) as server:
        assert query(server.dsn, "SELECT 1") == 1


def test_the_address_stays_the_same_from_start_to_start(data_dir: Path) -> None:
    with open_embedded(data_dir) as first:
        pass
    with open_embedded(data_dir) as second:
        assert second.started
        assert second.dsn == first.dsn


def test_the_last_to_close_waits_for_the_end(data_dir: Path) -> None:
    first, second = open_embedded(data_dir), open_embedded(data_dir)

    first.close()
    assert query(second.dsn, "SELECT 1") == 1
    second.close()

    assert postgres_of(data_dir) == []
    second.close()


def test_tests_may_make_databases_and_applications_may_not(data_dir: Path) -> None:
    may = "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user"
    with open_embedded(data_dir, allow_createdb=True) as server:
        assert query(server.dsn, may) is True

    with open_embedded(data_dir) as server:
        assert query(server.dsn, may) is False
        with open_embedded(data_dir, allow_createdb=True):
            assert query(server.dsn, may) is True


def test_settings_reach_the_server(data_dir: Path) -> None:
    with open_embedded(data_dir, options={"work_mem": "7MB"}) as server:
        assert query(server.dsn, "SHOW work_mem") == "7MB"
        assert query(server.dsn, "SHOW timezone") == "UTC"


async def test_it_opens_from_a_thread_that_has_a_running_loop(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        connection = await asyncpg.connect(server.dsn)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


def test_it_listens_to_this_machine_alone_and_to_no_one_without_a_password(
    data_dir: Path,
) -> None:
    with open_embedded(data_dir) as server:
        listening = [c.laddr.ip for c in postmaster_of(data_dir).net_connections("inet")]
        assert listening == ["127.0.0.1"]
        with pytest.raises(asyncpg.InvalidPasswordError):
            query(server.dsn.replace("serinus:", "serinus:x"), "SELECT 1")


def test_text_sorts_and_folds_alike_on_every_machine(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT lower('ÀÉ') || ('Z' < 'a')::text") == "àétrue"


def test_a_log_that_has_grown_long_is_put_aside(data_dir: Path) -> None:
    with open_embedded(data_dir):
        pass
    log = data_dir / "postgres.log"
    os.truncate(log, LOG_LIMIT + 1)

    with open_embedded(data_dir):
        pass

    assert (data_dir / "postgres.log.1").stat().st_size == LOG_LIMIT + 1
    assert log.stat().st_size < LOG_LIMIT


def test_what_is_in_the_folder_is_for_its_owner_alone(data_dir: Path) -> None:
    with open_embedded(data_dir):
        modes = {path.name: path.lstat().st_mode & 0o077 for path in data_dir.iterdir()}

    assert {"embedded.json", "postgres", "postgres.log"} <= modes.keys()
    assert set(modes.values()) == {0}
