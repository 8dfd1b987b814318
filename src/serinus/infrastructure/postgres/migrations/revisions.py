"""Which migrations this code knows, and which of them a database lacks.

Told from file names and one small query: a node that starts on an up-to-date database, and
every readiness check, does without Alembic, which takes 0.4 seconds to import.
"""

from pathlib import Path
from typing import ClassVar

import asyncpg

from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.connecting import connect

VERSIONS = Path(__file__).parent / "versions"


class SchemaTooNew(Unavailable):
    """A newer release has migrated the database: deploy that release here as well."""

    code: ClassVar = "schema_too_new"

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"the database is at schema revision {revision}, which this release does not know"
            f" (its newest is {head()}): deploy the newer release"
        )


def known() -> list[str]:
    """Every revision, oldest first: `0001_title.py` is revision 0001."""
    return sorted(path.stem.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def head() -> str:
    """Name the newest revision."""
    return known()[-1]


def missing_after(revision: str | None) -> list[str]:
    """List what a database at this revision lacks. Raise `SchemaTooNew` if it is unknown."""
    revisions = known()
    if revision is None:
        return revisions
    if revision not in revisions:
        raise SchemaTooNew(revision)
    return revisions[revisions.index(revision) + 1 :]


async def pending(database: str | asyncpg.Pool | asyncpg.Connection) -> list[str]:
    """List the missing revisions, given a URL or something connected.

    Raise `DatabaseUnreachable` or `SchemaTooNew`.
    """
    if not isinstance(database, str):
        return missing_after(await _current(database))
    connection = await connect(database)
    try:
        return missing_after(await _current(connection))
    finally:
        await connection.close()


async def _current(connection: asyncpg.Pool | asyncpg.Connection) -> str | None:
    try:
        revision: str | None = await connection.fetchval(
            "SELECT version_num FROM alembic_version"
        )
    except asyncpg.UndefinedTableError:
        return None
    return revision
