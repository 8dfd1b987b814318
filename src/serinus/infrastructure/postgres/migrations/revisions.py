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
    """A newer release has taken from the database what this one needs: deploy that release."""

    code: ClassVar = "schema_too_new"

    def __init__(self, revision: str, *, newest: str, needs: str | None) -> None:
        why = f", and has changed for good with {needs}" if needs else ""
        super().__init__(
            f"the database is at schema revision {revision}{why}, which this release does not"
            f" know (its newest is {newest}): deploy the newer release"
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

    None is missing where a newer release has only added to the schema: this one works on it as
    it did while that was being done. Raise `DatabaseUnreachable` or `SchemaTooNew`.
    """
    if isinstance(database, str):
        connection = await connect(database)
        try:
            return await _missing(connection, known(migrations))
        finally:
            await connection.close()
    return await _missing(database, known(migrations))


async def current(connection: Connected) -> str | None:
    """The revision a database is at; None when it is empty."""
    try:
        revision: str | None = await connection.fetchval(
            "SELECT version_num FROM alembic_version"
        )
    except asyncpg.UndefinedTableError:
        return None
    return revision


async def _missing(connection: Connected, revisions: list[str]) -> list[str]:
    revision, newest = await current(connection), revisions[-1]
    if revision is None:
        return revisions
    if revision in revisions:
        return revisions[revisions.index(revision) + 1 :]
    try:
        # The newest step that took something away.
        needs = await connection.fetchval("SELECT revision FROM schema_needs")
    except asyncpg.UndefinedTableError:  # another program's, or of another branch
        raise SchemaTooNew(revision, newest=newest, needs=None) from None
    if revision < newest or (needs is not None and needs > newest):
        raise SchemaTooNew(revision, newest=newest, needs=needs)
    return []
