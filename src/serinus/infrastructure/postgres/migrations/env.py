"""Alembic's entry point: runs the steps on the connection the runner opened and locked."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script

connection = context.config.attributes["connection"]


def note_what_is_needed(
    ctx: MigrationContext,  # noqa: ARG001 - the names are Alembic's
    step: MigrationInfo,
    heads: Collection[Any],  # noqa: ARG001
    run_args: Mapping[str, Any],  # noqa: ARG001
) -> None:
    """In the step's own transaction."""
    script = cast("Script", step.up_revision)
    if script.module.kind == "contract":
        needs = "UPDATE schema_needs SET revision = %s"
        connection.exec_driver_sql(needs, (script.revision,))


context.configure(
    connection=connection,
    transaction_per_migration=True,
    on_version_apply=note_what_is_needed,
)
with context.begin_transaction():
    context.run_migrations()
