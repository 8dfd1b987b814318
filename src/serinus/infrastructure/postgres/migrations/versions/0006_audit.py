"""Who did what: kept by the database itself."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0006"
down_revision = "0005"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
