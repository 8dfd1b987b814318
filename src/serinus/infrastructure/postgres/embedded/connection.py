"""The file that tells port and passwords to everyone who may read it."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from serinus.infrastructure.postgres.embedded.folder import DataFolder

PASSWORD_BYTES = 24
KINDS = {"superuser_password": str, "password": str, "port": int, "pid": int, "version": str}


@dataclass(frozen=True, kw_only=True)
class Connection:
    superuser_password: str = field(repr=False)
    password: str = field(repr=False)
    port: int = 0  # of the last start; 0: never started
    pid: int = 0  # the supervisor's
    version: str = ""

    @classmethod
    def invent(cls) -> "Connection":
        return cls(
            superuser_password=secrets.token_urlsafe(PASSWORD_BYTES),
            password=secrets.token_urlsafe(PASSWORD_BYTES),
        )

    @property
    def dsn(self) -> str:
        return f"postgresql://serinus:{self.password}@127.0.0.1:{self.port}/serinus"


def read_connection(folder: DataFolder) -> Connection | None:
    """What the file says; None when it is missing or damaged."""
    try:
        stored = json.loads(folder.connection.read_bytes())
        known = {name: stored[name] for name in KINDS}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    sound = all(isinstance(known[name], kind) for name, kind in KINDS.items())
    return Connection(**known) if sound else None


def write_connection(folder: DataFolder, connection: Connection) -> None:
    """Replace the file in one step: whoever reads it finds the old or the new one, whole."""
    draft = Path(f"{folder.connection}.new")
    draft.unlink(missing_ok=True)
    fd = folder.open_private(draft, os.O_WRONLY | os.O_EXCL)
    with os.fdopen(fd, "w") as file:
        json.dump(asdict(connection), file, indent=2)
        file.flush()
        os.fsync(fd)
    draft.replace(folder.connection)
