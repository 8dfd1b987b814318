"""What keeps the server from starting is said in one line, with the place and the remedy."""

import errno
import os
from pathlib import Path

import pytest

from serinus.infrastructure.postgres.embedded.connection import (
    Connection,
    read_connection,
    write_connection,
)
from serinus.infrastructure.postgres.embedded.errors import EmbeddedServerError, from_os
from serinus.infrastructure.postgres.embedded.folder import DataFolder
from serinus.infrastructure.postgres.embedded.program import last_serious_line
from serinus.infrastructure.postgres.embedded.server import open_embedded
from tests.infrastructure.postgres.embedded.clients import (
    as_root,
    complaint,
    mounted,
    query,
    wait_until_gone,
)


@pytest.mark.database
def test_a_folder_of_another_major_version_is_refused_with_both_versions(
    data_dir: Path,
) -> None:
    with open_embedded(data_dir) as server:
        ours = server.version
    (data_dir / "postgres" / "PG_VERSION").write_text("14\n")

    text = complaint(data_dir)

    assert "of PostgreSQL 14" in text
    assert ours in text
    assert "pg_upgrade" in text
    assert str(data_dir / "postgres") in text


@pytest.mark.database
def test_a_version_that_is_none_is_said(data_dir: Path) -> None:
    with open_embedded(data_dir):
        pass
    (data_dir / "postgres" / "PG_VERSION").write_text("eighteen\n")

    assert "PG_VERSION is damaged" in complaint(data_dir)


def test_a_file_in_the_place_of_the_folder_is_said(data_dir: Path) -> None:
    data_dir.write_text("not a folder")

    assert f"{data_dir} is not a folder" in complaint(data_dir)
    assert "is not a folder" in complaint(data_dir / "below")


@pytest.mark.database
@as_root
def test_a_full_disk_is_said(data_dir: Path) -> None:
    with mounted(data_dir, "8m"):
        text = complaint(data_dir)

    assert "is full" in text
    assert "SERINUS_DATA_DIR" in text


@pytest.mark.database
@as_root
def test_a_disk_that_filled_up_is_said_and_nothing_is_lost(data_dir: Path) -> None:
    with mounted(data_dir, "120m"):
        with open_embedded(data_dir) as server:
            query(server.dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
        filling = data_dir / "filling"
        with filling.open("wb", buffering=0) as file:
            fill(file.fileno())

        text = complaint(data_dir)
        filling.unlink()

        assert "is full" in text
        with open_embedded(data_dir) as server:
            assert query(server.dsn, "SELECT notes FROM songs") == 7


def fill(fd: int) -> None:
    block = bytes(1 << 16)
    try:
        while os.write(fd, block):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o500)

    assert f"let this user write to {data_dir}" in complaint(data_dir)


@pytest.mark.database
def test_something_else_in_the_place_of_the_database_is_not_touched(data_dir: Path) -> None:
    theirs = data_dir / "postgres" / "letters"
    theirs.mkdir(parents=True)
    give_to_the_servers_account(data_dir / "postgres")

    assert "holds something that is not a database" in complaint(data_dir)
    assert theirs.is_dir()


def give_to_the_servers_account(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)  # whoever owns it runs it


@pytest.mark.database
def test_a_file_in_the_place_of_the_database_is_said(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o711)
    (data_dir / "postgres").write_text("not a database")
    give_to_the_servers_account(data_dir / "postgres")

    assert f"{data_dir / 'postgres'} is not a folder" in complaint(data_dir)


@pytest.mark.database
def test_a_link_that_leads_nowhere_is_not_taken_for_an_empty_database(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o711)
    (data_dir / "postgres").symlink_to("/nowhere/at/all")

    text = complaint(data_dir)

    assert "/nowhere/at/all" in text
    assert "which is gone" in text


@pytest.mark.database
def test_what_postgresql_says_itself_is_quoted_without_its_stamp(data_dir: Path) -> None:
    with open_embedded(data_dir):
        pass
    wait_until_gone(data_dir)
    (data_dir / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    text = complaint(data_dir)

    assert ": FATAL:  configuration file" in text
    assert str(data_dir / "postgres.log") in text


@pytest.mark.database
def test_a_path_that_postgresql_would_cut_off_is_refused(data_dir: Path) -> None:
    deep = data_dir.joinpath(*["x" * 200] * 5)

    assert "is longer than" in complaint(deep)


def test_something_else_in_the_place_of_the_fifo_is_said(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o711)
    (data_dir / "embedded.clients").write_text("")

    assert "should be a FIFO" in complaint(data_dir)


def test_a_link_in_the_place_of_our_files_is_not_followed(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o711)
    victim = data_dir / "victim"
    (data_dir / "embedded.lock").symlink_to(victim)

    assert "is a symbolic link" in complaint(data_dir)
    assert not victim.exists()


@pytest.mark.database
def test_damaged_passwords_are_made_anew_when_no_server_runs(data_dir: Path) -> None:
    with open_embedded(data_dir) as server:
        query(server.dsn, "CREATE TABLE songs AS SELECT 7 AS notes")
    (data_dir / "embedded.json").write_text("{")

    with open_embedded(data_dir) as healed:
        assert healed.dsn != server.dsn
        assert query(healed.dsn, "SELECT notes FROM songs") == 7
    fresh = read_connection(DataFolder(data_dir))
    assert fresh is not None
    log = (data_dir / "postgres.log").read_text()
    assert fresh.password not in log
    assert fresh.superuser_password not in log


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "7", '{"port": 1}', '{"port": "x"}', "\x00", "\udc80"]
)
def test_no_damage_to_the_passwords_goes_unnoticed(tmp_path: Path, damage: str) -> None:
    folder = DataFolder.at(tmp_path)
    whole = Connection.invent()
    write_connection(folder, whole)
    assert read_connection(folder) == whole

    folder.connection.write_text(damage, errors="surrogateescape")

    assert read_connection(folder) is None


@pytest.mark.database
def test_damaged_passwords_of_a_running_server_are_said(data_dir: Path) -> None:
    with open_embedded(data_dir):
        (data_dir / "embedded.json").write_text("{")

        assert "missing or damaged while a server runs" in complaint(data_dir)


@pytest.mark.database
def test_passwords_of_another_database_are_said(data_dir: Path) -> None:
    with open_embedded(data_dir):
        pass
    known = data_dir / "embedded.json"
    known.write_text(known.read_text().replace('_password": "', '_password": "x'))

    assert f"the passwords in {known} are not those of the server" in complaint(data_dir)
    known.unlink()
    with open_embedded(data_dir) as server:
        assert query(server.dsn, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.ENOTDIR, "is not a folder"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_every_failure_of_the_disk_names_the_place_and_a_way_out(
    tmp_path: Path, number: int, said: str
) -> None:
    text = str(from_os(OSError(number, os.strerror(number)), tmp_path))

    assert said in text
    assert str(tmp_path) in text
    assert "DATABASE_URL" in text


def test_a_complaint_is_one_line_whatever_it_quotes() -> None:
    assert str(EmbeddedServerError("a\nb\r\nc")) == "a b c"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", "it said nothing"),
        ("creating ... ok\n\n", "creating ... ok"),
        ("initdb: error: no\ninitdb: removing directory", "initdb: error: no"),
        ("2026-01-02 03:04:05.678 UTC [9] FATAL:  no\nHINT", "FATAL:  no"),
    ],
)
def test_of_much_output_the_last_serious_line_counts(output: str, line: str) -> None:
    assert last_serious_line(output) == line
