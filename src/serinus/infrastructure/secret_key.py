"""The secret key of an installation that was given none: made once, kept in its data folder."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from serinus.infrastructure.setting_values import Secret

NAME = "secret_key"


def kept_secret_key(data_dir: Path) -> Secret:
    """Read the key, or make it. Processes that start together get the same one."""
    path = data_dir / NAME
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole under another name first: nobody may read half a key. mkstemp: mode 600.
        handle, draft = mkstemp(dir=data_dir, prefix=f"{NAME}.")
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key counts
            path.hardlink_to(draft)
        Path(draft).unlink()
    return Secret(path.read_text().strip())
