"""Brings a database up to date. Ten nodes may start at once: one migrates, the others wait."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import psycopg

from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.connecting import CONNECT_TIMEOUT
from serinus.infrastructure.postgres.migrations.revisions import MIGRATIONS, head, pending

__all__ = ["MigrationBusy", "head", "migrate", "pending"]

LOCK_KEY = 0x5345_5249_4E55_5301  # "SERINUS", then which of its locks
LOCK_WAIT = 60  # seconds


class MigrationBusy(Unavailable):
    """Another node has been migrating for longer than anyone here wanted to wait."""

    code: ClassVar = "migration_running"


def migrate(
    url: str,
    *,
    legacy_enabled: bool = True,
    wait: int = LOCK_WAIT,
    migrations: Path = MIGRATIONS,
) -> list[str]:
    """Apply what is missing and return the revisions applied. Not for use on an event loop.

    Raise `DatabaseUnreachable`, `SchemaTooNew`, `MigrationBusy` after `wait` seconds,
    `MigrationBlocked`, or `ContractRefused` when a step would take from engine v1 what it uses.
    """
    if not asyncio.run(pending(url, migrations=migrations)):
        return []
    with _locked(url, wait):
        # Whoever held the lock before may have done it all.
        missing = asyncio.run(pending(url, migrations=migrations))
        if missing:
            # Alembic takes 0.4 seconds to import, and most starts find nothing to do.
            from serinus.infrastructure.postgres.migrations import steps  # noqa: PLC0415

            steps.apply(url, missing, migrations=migrations, legacy_enabled=legacy_enabled)
        return missing


@contextmanager
def _locked(url: str, wait: int) -> Iterator[None]:
    """Hold the lock on a connection of its own; closing it, or dying, lets the lock go."""
    with psycopg.connect(url, autocommit=True, connect_timeout=int(CONNECT_TIMEOUT)) as holder:
        holder.execute("SELECT set_config('lock_timeout', %s, false)", [f"{wait}s"])
        try:
            holder.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        except psycopg.errors.LockNotAvailable:
            message = f"another node has been migrating the database for {wait} s"
            raise MigrationBusy(message) from None
        yield
