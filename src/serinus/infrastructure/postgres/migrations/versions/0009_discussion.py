"""Threads of comments, the tree of categories."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0009"
down_revision = "0008"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
