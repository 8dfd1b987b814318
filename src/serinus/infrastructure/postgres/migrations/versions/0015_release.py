"""A release: where it stands, what it has seen, who takes part, and its record."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0015"
down_revision = "0014"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
