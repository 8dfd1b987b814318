"""The steps themselves, through Alembic. Only the runner comes here, with its lock held."""

from pathlib import Path
from typing import ClassVar, Literal, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from serinus.domain.errors import Conflict, Unavailable
from serinus.infrastructure.postgres.connecting import CONNECT_TIMEOUT

# A step that waits for a lock makes every query behind it wait as well: better to give up and
# be started again. Once it has its locks it may take its time.
LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "15min"

Kind = Literal["expand", "contract"]


class MigrationBlocked(Unavailable):
    """A step did not get its locks: something else was using the tables for long."""

    code: ClassVar = "migration_blocked"


class ContractRefused(Conflict):
    """The step removes what engine v1 uses, and engine v1 may still be called back."""

    code: ClassVar = "contract_migration_refused"

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"migration {revision} removes what engine v1 needs:"
            " set USE_LEGACY_API_V1=false on every node first"
        )


def apply(url: str, missing: list[str], *, migrations: Path, legacy_enabled: bool) -> None:
    """Run the missing revisions, each in a transaction of its own."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    for revision in missing:
        if legacy_enabled and kind_of(script, revision) == "contract":
            raise ContractRefused(revision)
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: _connect(url), poolclass=NullPool
    )
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except OperationalError as error:
            if isinstance(error.orig, psycopg.errors.LockNotAvailable):
                message = "the tables to migrate were in use: try again when it is quieter"
                raise MigrationBlocked(message) from error
            raise


def kind_of(script: ScriptDirectory, revision: str) -> Kind:
    """Tell whether a step only adds (`expand`) or takes away (`contract`)."""
    return cast("Kind", script.get_revision(revision).module.kind)


def _connect(url: str) -> psycopg.Connection:
    connection = psycopg.connect(url, autocommit=True, connect_timeout=int(CONNECT_TIMEOUT))
    connection.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [STATEMENT_TIMEOUT])
    connection.autocommit = False
    return connection
