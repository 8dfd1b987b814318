"""The whole database in one file and back, by PostgreSQL's own programs.

They come with the embedded server's package, and work with any server that is not newer. A dump
is one snapshot: taken while others write, it holds exactly what was committed when it began.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO

import psycopg
from psycopg import conninfo

from serinus.infrastructure.postgres.connecting import CONNECT_TIMEOUT
from serinus.infrastructure.postgres.embedded.binaries import candidates, find_package
from serinus.infrastructure.postgres.embedded.program import last_serious_line

# Owners and rights are the server's affair: the other one may have other roles.
PORTABLE = ("--no-owner", "--no-privileges")
TOO_NEW = b"SET transaction_timeout = 0;\n"
PREAMBLE_ENDS = b"SELECT pg_catalog.set_config('search_path'"


class BackupFailed(Exception):
    """One line: what a program of PostgreSQL complained about, or what was missing."""


def dump(url: str, target: Path) -> int:
    """Write the file, whole or not at all; returns its bytes. Readable by its owner alone.

    Raise `BackupFailed`, also where there is something of that name.
    """
    if target.exists():
        raise BackupFailed(f"{target} exists: name another file")
    if not target.absolute().parent.is_dir():
        raise BackupFailed(f"{target.absolute().parent} is not a folder")
    handle, draft = tempfile.mkstemp(dir=target.absolute().parent, prefix=f"{target.name}.new-")
    os.close(handle)
    try:
        options, env = _connecting(url)
        options += ["--format=custom", *PORTABLE, f"--file={draft}"]
        ended = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [_program("pg_dump"), *options],
            env=env,
            stdin=DEVNULL,
            capture_output=True,
            check=False,
        )
        _check(ended.returncode, ended.stderr)
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)
    return target.stat().st_size


def restore(url: str, source: Path) -> None:
    """Into an empty database, in one transaction. Raise `BackupFailed`."""
    if not source.is_file():
        raise BackupFailed(f"{source} is not a file")
    if not _is_empty(url):
        raise BackupFailed("this database is not empty: make a new one, and restore into that")
    options, env = _connecting(url)
    options += ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    script = [_program("pg_restore"), *PORTABLE, "--file=-", str(source)]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complaints:
        reading = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            script, stdin=DEVNULL, stdout=PIPE, stderr=said
        )
        writing = subprocess.Popen(  # noqa: S603 - as well
            [_program("psql"), *options],
            env=env,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=complaints,
        )
        try:
            if not _passed_on(reading, writing):
                _check(writing.wait() or 1, _all_of(complaints))
            _check(reading.wait(), _all_of(said))
            # Not before: the end of its input is where psql commits.
            writing.stdin.close()  # type: ignore[union-attr] # it is a pipe
            _check(writing.wait(), _all_of(complaints))
        finally:
            for process in (reading, writing):
                process.kill()
                process.wait()


def _passed_on(reading: "subprocess.Popen[bytes]", writing: "subprocess.Popen[bytes]") -> bool:
    """All of the script but what servers before 17 do not know, which is in its preamble.

    False when psql would take no more, and has said why.
    """
    assert reading.stdout is not None  # noqa: S101 - pipes, both
    assert writing.stdin is not None  # noqa: S101
    try:
        for line in reading.stdout:
            if line != TOO_NEW:
                writing.stdin.write(line)
            if line.startswith(PREAMBLE_ENDS):
                break
        shutil.copyfileobj(reading.stdout, writing.stdin)
        writing.stdin.flush()
    except BrokenPipeError:
        return False
    return True


def _is_empty(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=int(CONNECT_TIMEOUT)) as connection:
            return connection.execute(RELATIONS).fetchone() is None
    except psycopg.OperationalError as error:
        raise BackupFailed(last_serious_line(str(error))) from error


def _connecting(url: str) -> tuple[list[str], dict[str, str]]:
    """Options and environment. The password is no argument: those stand in the process list."""
    known = conninfo.conninfo_to_dict(url)
    address = {name: str(value) for name, value in known.items() if value is not None}
    password = address.pop("password", "")
    secret = {"PGPASSWORD": password} if password else {}
    options = ["--no-password", f"--dbname={conninfo.make_conninfo('', **address)}"]
    return options, dict(os.environ) | secret


def _check(code: int, said: bytes) -> None:
    if code:
        raise BackupFailed(last_serious_line(said.decode(errors="replace")))


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _program(name: str) -> str:
    """Of the newest PostgreSQL here, which knows all older ones."""
    for directory in candidates(find_package()):
        if (directory / name).is_file():
            return str(directory / name)
    if found := shutil.which(name):
        return found
    raise BackupFailed(f"{name} is missing: install PostgreSQL's client programs")


RELATIONS = """
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' LIMIT 1
"""
