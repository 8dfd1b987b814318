"""What a program must know at least to work on the schema as it is."""

from serinus.infrastructure.postgres.migrations.script import run_sql_beside

revision = "0018"
down_revision = "0017"
kind = "expand"


def upgrade() -> None:
    run_sql_beside(__file__)
