"""PostgreSQL's own files: where they are and whose they are."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from serinus.infrastructure.postgres.embedded.account import Account, account_for
from serinus.infrastructure.postgres.embedded.errors import ELSEWHERE, EmbeddedServerError
from serinus.infrastructure.postgres.embedded.folder import DataFolder

# Where files go that the account could not reach in the data folder, as one in /root.
OUTSIDE = Path("/var/lib/serinus")
LONGEST = 900  # bytes; PostgreSQL cuts paths off at 1,023 and appends up to a hundred


@dataclass(frozen=True)
class Cluster:
    path: Path
    account: Account

    @property
    def exists(self) -> bool:
        return (self.path / "PG_VERSION").exists()

    @property
    def home(self) -> Path:
        """The folder around it, for what belongs to it but must not lie in it."""
        return self.path.parent

    @property
    def major(self) -> int | None:
        """The version of PostgreSQL that made it; None when it is yet to be made."""
        if not self.exists:
            return None
        text = (self.path / "PG_VERSION").read_text().strip()
        if not text.isdigit():
            raise EmbeddedServerError(
                f"{self.path}/PG_VERSION is damaged: restore the folder, {ELSEWHERE}"
            )
        return int(text)

    def clean(self) -> None:
        """Remove what a start that was killed left half made. Nobody else may be at work."""
        for draft in self.home.glob("postgres*.new-*"):
            shutil.rmtree(draft, ignore_errors=True)


def locate(folder: DataFolder) -> Cluster:
    """Find or choose the place. Raise `EmbeddedServerError` when nobody may work there."""
    account = account_for(folder)
    link = folder.cluster
    if link.is_symlink():
        path = link.parent / link.readlink()
        if not path.parent.is_dir():
            raise EmbeddedServerError(
                f"{link} points to {path}, which is gone: bring it back, or remove the link to"
                " start with an empty database"
            )
    elif link.exists() or _open_up(folder, account):
        path = link
    else:
        path = _outside(folder, account)
    cluster = Cluster(path, account)
    _check(cluster)
    return cluster


def _open_up(folder: DataFolder, account: Account) -> bool:
    """Whether the account can reach the data folder; lets it pass where that harms nobody."""
    if account.can_reach(folder.root):
        return True
    mode = folder.root.stat().st_mode
    if any(path.lstat().st_mode & 0o007 for path in folder.root.iterdir()):
        return False  # to pass through would be to read what only this folder hides
    folder.root.chmod(mode | 0o001)
    if account.can_reach(folder.root):
        return True
    folder.root.chmod(mode)
    return False


def _outside(folder: DataFolder, account: Account) -> Path:
    home = OUTSIDE / secrets.token_hex(8)
    try:
        OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.mkdir(mode=0o755)
        reachable = account.can_reach(home)
    except OSError:
        reachable = False
    if not reachable:
        raise EmbeddedServerError(
            f"PostgreSQL may not run as root, and the account {account} can reach neither"
            f" {folder.root} nor {OUTSIDE}: set SERINUS_DATA_DIR to a folder that it can reach"
        )
    (home / "belongs-to").write_text(f"{folder.root}\n", errors="surrogateescape")
    folder.cluster.symlink_to(home / "postgres")
    return home / "postgres"


def _check(cluster: Cluster) -> None:
    path, account = cluster.path, cluster.account
    if len(os.fsencode(path)) > LONGEST:
        raise EmbeddedServerError(
            f"the path of {path} is longer than the {LONGEST} bytes PostgreSQL can take: set"
            " SERINUS_DATA_DIR to a shorter one"
        )
    if path.exists():
        _check_what_is_there(cluster)
    if account.name is None and not cluster.exists:
        raise EmbeddedServerError(
            f"the user id {account} has no name in /etc/passwd, without which initdb makes no"
            f" database in {path}: give it one, or start as another user, {ELSEWHERE}"
        )


def _check_what_is_there(cluster: Cluster) -> None:
    path, account = cluster.path, cluster.account
    if not path.is_dir():
        raise EmbeddedServerError(f"{path} is not a folder: move it away, {ELSEWHERE}")
    owner = path.stat()
    if owner.st_uid != account.uid:
        whose = Account(owner.st_uid, owner.st_gid)
        start = f"start as {whose}, or " if owner.st_uid else ""
        raise EmbeddedServerError(
            f"the database in {path} belongs to the user {whose}, and PostgreSQL would run as"
            f" {account}: {start}give it away (chown -R {account}), {ELSEWHERE}"
        )
    if not account.can_reach(path):
        raise EmbeddedServerError(
            f"the account {account} can no longer reach {path}: let others pass through the"
            f" folders above it (chmod o+x), {ELSEWHERE}"
        )
    if not cluster.exists and any(path.iterdir()):
        raise EmbeddedServerError(
            f"{path} holds something that is not a database: move it away, {ELSEWHERE}"
        )
