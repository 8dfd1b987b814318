"""Indexes for what lists can be asked for."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0010"
down_revision = "0009"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
