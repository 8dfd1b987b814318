"""A migration's SQL stands in a file of its own, where editors and linters know what it is."""

from pathlib import Path

from alembic import op


def run_sql_beside(migration: str) -> None:
    """Run the `.sql` file of the same name as the migration's module."""
    script = Path(migration).with_suffix(".sql").read_text(encoding="utf-8")
    # Straight to the driver: SQLAlchemy would take `:name` for a parameter, and with
    # parameters, even none of them, psycopg sends one statement at a time.
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
