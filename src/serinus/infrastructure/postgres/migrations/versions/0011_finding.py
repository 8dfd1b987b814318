"""Texts that would take too long to be made ready for search."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0011"
down_revision = "0010"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
