"""The data folder: its files, the lock around joining and leaving, and who is a client."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from serinus.infrastructure.postgres.embedded.errors import (
    ELSEWHERE,
    EmbeddedServerError,
    from_os,
)

LOCK_POLL = 0.02  # seconds
LOG_LIMIT = 10 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class DataFolder:
    root: Path

    @classmethod
    def at(cls, path: Path) -> "DataFolder":
        """Make the folder when it is missing; `EmbeddedServerError` when it is unusable."""
        root = Path(os.path.abspath(path))  # noqa: PTH100 - keeps links as they are
        # Root does not run PostgreSQL: another account has to pass through, not look in.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            root.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                root.mkdir()
                root.chmod(mode)
            if not root.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        except OSError as error:
            raise from_os(error, root) from error
        return cls(root)

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own folder, or a symbolic link to it."""
        return self.root / "postgres"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def connection(self) -> Path:
        return self.root / "embedded.json"

    @property
    def clients(self) -> Path:
        """The FIFO that every client keeps open for writing."""
        return self.root / "embedded.clients"

    def open_private(self, path: Path, flags: int) -> int:
        """Open or create a file of mode 600 that belongs to the owner of the folder.

        Root may start the server once in somebody's folder; the owner must still be able to use
        it afterwards. Links are not followed: the owner would choose what root writes to.
        """
        fd = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._give_to_owner(fd)
        return fd

    def open_log(self) -> int:
        """The log, to append to. What is longer than the limit is put aside, once."""
        with suppress(FileNotFoundError):
            if self.log.lstat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))
        return self.open_private(self.log, os.O_WRONLY | os.O_APPEND)

    @contextmanager
    def locked(self, deadline: float) -> Iterator[int]:
        """Hold the lock of everyone who joins, starts or stops the server.

        Yields the descriptor: the lock lasts until it and all its inherited copies are closed.
        `deadline` is of the monotonic clock. Raises `EmbeddedServerError` when it has passed.
        """
        lock = self.open_private(self.root / "embedded.lock", os.O_RDWR)
        try:
            while not try_lock(lock):
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(
                        f"the embedded PostgreSQL in {self.root} is busy: another process has"
                        " been starting or stopping it all the time; try again, or end it"
                    )
                time.sleep(LOCK_POLL)
            yield lock
        finally:
            os.close(lock)

    def open_alive(self) -> int:
        """The file that every PostgreSQL process holds locked, however its parent ended."""
        return self.open_private(self.root / "embedded.alive", os.O_RDWR)

    def is_alive(self) -> bool:
        try:
            alive = os.open(self.root / "embedded.alive", os.O_RDWR | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            return not try_lock(alive)
        finally:
            os.close(alive)

    def become_client(self) -> int | None:
        """Open the FIFO for writing; None when no supervisor reads it. Needs the lock."""
        try:
            fd = os.open(
                self.clients, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
            )
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ENXIO:
                return None
            raise
        return self._if_fifo(fd)

    def open_clients(self) -> tuple[int, int]:
        """Both ends of the FIFO: (the supervisor's, the first client's). Needs the lock."""
        try:
            os.mkfifo(self.clients, 0o600)
        except FileExistsError:
            pass
        except OSError as error:
            raise EmbeddedServerError(
                f"the file system of {self.root} cannot hold a FIFO ({error.strerror}), which"
                f" the embedded PostgreSQL needs: move it to a local disk, {ELSEWHERE}"
            ) from error
        reading = os.open(
            self.clients, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        )
        self._if_fifo(reading)
        self._give_to_owner(reading)
        writing = os.open(self.clients, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        return reading, writing

    def has_no_client(self, deadline: float) -> bool:
        """Whether the FIFO has no writer. Takes the lock: who opens it to read looks alive."""
        with self.locked(deadline):
            reading = os.open(self.clients, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return os.read(reading, 1) == b""
            except BlockingIOError:
                return False
            finally:
                os.close(reading)

    def _if_fifo(self, fd: int) -> int:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
        raise EmbeddedServerError(
            f"{self.clients} should be a FIFO and is not: no server uses it, so remove it"
        )

    def _give_to_owner(self, fd: int) -> None:
        if os.geteuid() == 0:
            owner = self.root.stat()
            os.fchown(fd, owner.st_uid, owner.st_gid)


def try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
