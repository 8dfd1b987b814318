"""Indexes for the lists of contract v2, and dates on the links from terms to posts."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0002"
down_revision = "0001"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
