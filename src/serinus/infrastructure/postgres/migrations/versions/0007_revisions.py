"""What posts were before."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0007"
down_revision = "0006"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
