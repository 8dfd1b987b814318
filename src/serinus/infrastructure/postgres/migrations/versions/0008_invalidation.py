"""Telling caches what has changed, with the change."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0008"
down_revision = "0007"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
