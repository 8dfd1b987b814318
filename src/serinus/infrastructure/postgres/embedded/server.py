"""Join the PostgreSQL of a data folder, or start it."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self
from weakref import ref

import asyncpg

from serinus.infrastructure.postgres.embedded.app_role import (
    NoAnswer,
    ensure_role_and_database,
)
from serinus.infrastructure.postgres.embedded.connection import Connection, read_connection
from serinus.infrastructure.postgres.embedded.errors import (
    ELSEWHERE,
    EmbeddedServerError,
    disk_full,
    from_os,
)
from serinus.infrastructure.postgres.embedded.folder import DataFolder
from serinus.infrastructure.postgres.embedded.launch import launch

__all__ = ["EmbeddedServer", "EmbeddedServerError", "open_embedded", "wait_until_stopped"]

POLL = 0.05  # seconds
STOP_SECONDS = 10.0


class EmbeddedServer:
    """A client of the server in a data folder. The server ends after its last client.

    A client is gone when it is closed and when its process ends, in whatever way. Children of
    the process are no clients, whether forked or started: they do not keep the server alive.
    """

    def __init__(
        self, folder: DataFolder, connection: Connection, client: int, *, started: bool
    ) -> None:
        self.dsn = connection.dsn
        self.started = started  # False: joined one that ran already
        self.version = connection.version
        self._folder = folder
        self._port = connection.port
        self._client: int | None = client
        _leave_after_fork(self)

    def close(self) -> None:
        """Cease to be a client; as the last one, wait until the server has ended.

        Where we are the first process of a container, all others are killed when we end.
        """
        if self.leave():
            with suppress(OSError, EmbeddedServerError):  # the folder may be gone
                if self._folder.has_no_client(time.monotonic() + STOP_SECONDS):
                    wait_until_stopped(self._folder.root, STOP_SECONDS)

    def leave(self) -> bool:
        """Cease to be a client and wait for nothing; False when we were none any more."""
        client, self._client = self._client, None
        if client is not None:
            os.close(client)
        return client is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<EmbeddedServer {self.version} on 127.0.0.1:{self._port}>"


def _leave_after_fork(server: EmbeddedServer) -> None:
    known = ref(server)

    def leave() -> None:
        if (inherited := known()) is not None:
            inherited.leave()

    os.register_at_fork(after_in_child=leave)


def open_embedded(
    data_dir: Path,
    *,
    options: Mapping[str, str] = MappingProxyType({}),
    allow_createdb: bool = False,
    wait_seconds: float = 30.0,
) -> EmbeddedServer:
    """Join the server that runs in `data_dir`, or start one; blocks until it answers.

    `options` are settings of PostgreSQL; a server that runs already keeps its own.
    Raises `EmbeddedServerError`, whose text is one line for whoever started us.
    """
    folder = DataFolder.at(data_dir)
    deadline = time.monotonic() + wait_seconds
    opening = _Opening(folder, options, deadline, allow_createdb=allow_createdb)
    while True:
        try:
            return opening.attempt()
        except NoAnswer as error:  # it is just ending, or in another container
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"the PostgreSQL that runs in {folder.root} does not answer ({error}): end"
                    f" the process that uses it, perhaps in another container, {ELSEWHERE}"
                ) from error
            time.sleep(POLL)
        except OSError as error:
            raise from_os(error, folder.root) from error
        except EmbeddedServerError:
            opening.wait_for_the_end()
            raise


def wait_until_stopped(data_dir: Path, seconds: float = 10.0) -> bool:
    """Wait for the end of every PostgreSQL process of the folder; False when some remain.

    For those who want to move or remove the folder of a server that was killed.
    """
    folder = DataFolder(data_dir.absolute())
    deadline = time.monotonic() + seconds
    while folder.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


class _Opening:
    def __init__(
        self,
        folder: DataFolder,
        options: Mapping[str, str],
        deadline: float,
        *,
        allow_createdb: bool,
    ) -> None:
        self._folder = folder
        self._options = dict(options)
        self._deadline = deadline
        self._allow_createdb = allow_createdb
        self._started = False

    def attempt(self) -> EmbeddedServer:
        with self._folder.locked(self._deadline) as lock:
            self._started = False
            client = self._folder.become_client()
            if client is None:
                client = self._start(lock)
                self._started = True
            try:
                connection = self._connection()
                self._ensure(connection)
            except BaseException:
                os.close(client)
                raise
        return EmbeddedServer(self._folder, connection, client, started=self._started)

    def wait_for_the_end(self) -> None:
        """Let nobody who tries again at once meet the server that we started in vain."""
        if self._started:
            wait_until_stopped(self._folder.root, STOP_SECONDS)

    def _remaining(self) -> float:
        return max(0.1, self._deadline - time.monotonic())

    def _connection(self) -> Connection:
        connection = read_connection(self._folder)
        if connection is None:
            raise EmbeddedServerError(
                f"{self._folder.connection} is missing or damaged while a server runs: end the"
                " processes that use it and start again, which writes the file anew"
            )
        return connection

    def _start(self, lock: int) -> int:
        """Start a supervisor; return our end of the FIFO when its server is ready."""
        reading, client = self._folder.open_clients()
        try:
            launch(self._folder, lock, reading, self._remaining(), self._options)
        except BaseException:
            os.close(client)  # the supervisor sees it and undoes what it has begun
            raise
        finally:
            os.close(reading)
        return client

    def _ensure(self, connection: Connection) -> None:
        try:
            ensure_role_and_database(
                connection,
                started=self._started,
                createdb=self._allow_createdb,
                seconds=self._remaining(),
            )
        except asyncpg.DiskFullError as error:
            raise disk_full(self._folder.root) from error
        except asyncpg.InvalidPasswordError as error:
            raise EmbeddedServerError(
                f"the passwords in {self._folder.connection} are not those of the server: end"
                " what uses it, remove the file and start again, which sets new passwords"
            ) from error
        except asyncpg.PostgresError as error:
            raise EmbeddedServerError(
                f"the PostgreSQL in {self._folder.root} runs but refuses to make the role or"
                f" the database of Serinus ({error}): see {self._folder.log}"
            ) from error
