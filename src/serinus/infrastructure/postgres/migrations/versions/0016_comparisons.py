"""What comparing the answers of both engines has found."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0016"
down_revision = "0015"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
