"""Telling others of a release's events, none left out and none made up."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0017"
down_revision = "0016"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
