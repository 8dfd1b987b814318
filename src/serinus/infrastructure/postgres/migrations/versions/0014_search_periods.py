"""Searching from the newest post to the oldest, period by period."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0014"
down_revision = "0013"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
