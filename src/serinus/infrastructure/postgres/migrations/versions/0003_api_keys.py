"""API keys, and indexes for the lists of users."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0003"
down_revision = "0002"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
