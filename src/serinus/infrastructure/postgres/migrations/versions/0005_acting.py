"""Who writes: told to the database with every write."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0005"
down_revision = "0004"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
