"""Lists of users of any size."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0012"
down_revision = "0011"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
