"""Which migrations this code knows, and which of them a database lacks.

Told from file names and one small query: a node that starts on an up-to-date database, and
every readiness check, does without Alembic, which takes 0.4 seconds to import.
"""

from pathlib import Path
from typing import ClassVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.connecting import connect

MIGRATIONS = Path(__file__).parent
Connected = asyncpg.Pool | asyncpg.Connection | PoolConnectionProxy


class SchemaTooNew(Unavailable):
    """A newer release has migrated the database: deploy that release here as well."""

    code: ClassVar = "schema_too_new"

    def __init__(self, revision: str, *, newest: str) -> None:
        super().__init__(
            f"the database is at schema revision {revision}, which this release does not know"
            f" (its newest is {newest}): deploy the newer release"
        )


def known(migrations: Path = MIGRATIONS) -> list[str]:
    """Every revision, oldest first: `0001_title.py` is revision 0001."""
    steps = (migrations / "versions").glob("[0-9]*_*.py")
    return sorted(step.stem.partition("_")[0] for step in steps)


def head() -> str:
    """Name the newest revision."""
    return known()[-1]


async def pending(database: str | Connected, *, migrations: Path = MIGRATIONS) -> list[str]:
    """List the missing revisions, given a URL or something connected.

    Raise `DatabaseUnreachable` or `SchemaTooNew`.
    """
    if isinstance(database, str):
        connection = await connect(database)
        try:
            revision = await _current(connection)
        finally:
            await connection.close()
    else:
        revision = await _current(database)
    return _missing_after(revision, known(migrations))


def _missing_after(revision: str | None, revisions: list[str]) -> list[str]:
    if revision is None:
        return revisions
    if revision not in revisions:
        raise SchemaTooNew(revision, newest=revisions[-1])
    return revisions[revisions.index(revision) + 1 :]


async def _current(connection: Connected) -> str | None:
    try:
        revision: str | None = await connection.fetchval(
            "SELECT version_num FROM alembic_version"
        )
    except asyncpg.UndefinedTableError:
        return None
    return revision
