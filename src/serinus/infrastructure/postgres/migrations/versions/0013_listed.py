"""Indexes for what the lists beside posts can be asked for."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0013"
down_revision = "0012"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
