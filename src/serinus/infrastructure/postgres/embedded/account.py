"""Whom PostgreSQL runs as. It refuses root, so root hands it to another account."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from serinus.infrastructure.postgres.embedded.errors import ELSEWHERE, EmbeddedServerError
from serinus.infrastructure.postgres.embedded.folder import DataFolder

PREFERRED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def __str__(self) -> str:
        return self.name or str(self.uid)

    @property
    def name(self) -> str | None:
        """Containers often run as a number that has no name."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return None

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def own(self, path: Path) -> None:
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, directory: Path) -> bool:
        """Try it as that account: mode bits tell nothing of ACLs, mounts, security modules.

        Forks, so only a process with one thread may call this.
        """
        if self.is_ours:
            return os.access(directory, os.X_OK)
        child = os.fork()
        if child == 0:
            self._enter(directory)
        _, status = os.waitpid(child, 0)
        return status == 0

    def _enter(self, directory: Path) -> None:
        try:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)
            os.chdir(directory)
        except OSError:
            os._exit(1)
        os._exit(0)


def _owner(path: Path) -> Account:
    status = path.stat()
    return Account(status.st_uid, status.st_gid)


def account_for(folder: DataFolder) -> Account:
    """Ourselves; for root the owner of the files, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if folder.cluster.exists() and (owner := _owner(folder.cluster)).uid:
        return owner
    if (owner := _owner(folder.root)).uid and owner.name:
        return owner
    for name in PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL may not run as root, and there is neither an account postgres nor nobody to"
        f" run it in {folder.root}: start as an ordinary user, {ELSEWHERE}"
    )
