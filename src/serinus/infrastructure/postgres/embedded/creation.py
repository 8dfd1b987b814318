"""Making the files of a cluster, and getting back into one whose passwords are lost."""

import locale
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

from serinus.infrastructure.postgres.embedded.binaries import Binaries
from serinus.infrastructure.postgres.embedded.cluster import Cluster
from serinus.infrastructure.postgres.embedded.program import Limits, run

FIRST_BUILTIN_LOCALE = 17


def create(
    cluster: Cluster, binaries: Binaries, password: str, limits: Limits, *, durable: bool
) -> None:
    """Make the files beside their place and move them there when they are whole."""
    draft = Path(mkdtemp(prefix="postgres.new-", dir=cluster.home))
    try:
        cluster.account.own(draft)
        secret = draft / "password"
        secret.touch(mode=0o600)
        secret.write_text(f"{password}\n")
        cluster.account.own(secret)
        options = _initdb_options(binaries, draft / "data", secret)
        if not durable:
            options.append("--no-sync")
        run([str(binaries.initdb), *options], cluster, limits)
        (draft / "data").rename(cluster.path)
        _sync(cluster.home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _initdb_options(binaries: Binaries, data: Path, secret: Path) -> list[str]:
    options = [
        f"--pgdata={data}",
        "--username=postgres",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        f"--locale={_utf8_locale()}",
        "--no-instructions",
    ]
    if binaries.major >= FIRST_BUILTIN_LOCALE:
        # Sorts and folds alike on every machine, whatever its C library knows.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


def _utf8_locale() -> str:
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    return "C.UTF-8"


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def set_superuser_password(
    cluster: Cluster, binaries: Binaries, password: str, limits: Limits
) -> None:
    """For when the file with the passwords is lost: whoever owns the files needs none."""
    options = [
        f"-D{cluster.path}",
        "-clog_min_error_statement=panic",
    ]  # keeps it out of the log
    statement = f"ALTER ROLE postgres PASSWORD '{password}';\n"  # URL-safe Base64: no quotes
    command = [str(binaries.postgres), "--single", *options, "postgres"]
    run(command, cluster, limits, statement.encode())
