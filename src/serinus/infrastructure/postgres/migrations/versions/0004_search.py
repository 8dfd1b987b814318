"""What can be searched, kept by the database itself."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0004"
down_revision = "0003"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
