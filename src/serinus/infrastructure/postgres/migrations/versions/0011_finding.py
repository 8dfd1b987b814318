"""Highlights and facets."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0011"
down_revision = "0010"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
