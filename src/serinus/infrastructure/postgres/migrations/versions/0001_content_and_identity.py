"""Accounts, sessions, posts, slugs, terms, comments, idempotency, imports, routing."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0001"
down_revision = None
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
