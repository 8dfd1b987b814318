"""Why the embedded server cannot be used: what, where and what to do, in one line each."""

import errno
import os
from pathlib import Path

ELSEWHERE = "or set SERINUS_DATA_DIR to another folder, or DATABASE_URL to a server of yours"


class EmbeddedServerError(Exception):
    """One clear line: what is wrong, where, and what to do."""

    def __init__(self, line: str) -> None:
        super().__init__(" ".join(line.splitlines()))


def disk_full(path: Path) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"the disk that holds {path} is full ({free_bytes(path) >> 20} MB left; a database"
        f" takes 100 MB to begin with): free some space there, {ELSEWHERE}"
    )


def free_bytes(path: Path) -> int:
    usage = os.statvfs(next(place for place in (path, *path.parents) if place.exists()))
    return usage.f_bavail * usage.f_frsize


def says_disk_full(text: str) -> bool:
    return any(os.strerror(number) in text for number in (errno.ENOSPC, errno.EDQUOT))


def from_os(error: OSError, path: Path) -> EmbeddedServerError:
    """Translate a failure on `path`; a path inside it is named where the error carries one."""
    where = error.filename if isinstance(error.filename, str) else path
    if says_disk_full(str(error)):  # shutil.Error wraps others and has no number of its own
        return disk_full(path)
    match error.errno:
        case errno.EACCES | errno.EPERM:
            reason = f"no permission to use {where}: let this user write to {path}"
        case errno.EROFS:
            reason = f"{where} is on a read-only file system: mount it writable"
        case errno.EEXIST | errno.ENOTDIR:
            reason = f"{path} is not a folder: move the file in its place away"
        case errno.ELOOP:
            reason = f"{where} is a symbolic link where none is expected: remove it"
        case _:
            reason = f"cannot use {where} ({error.strerror or error}): repair it"
    return EmbeddedServerError(f"{reason}, {ELSEWHERE}")
