"""Migrations of a release that does not exist yet."""

import shutil
from pathlib import Path

from serinus.infrastructure.postgres.migrations.revisions import MIGRATIONS, head


def with_another_step(folder: Path, *, kind: str, sql: str) -> Path:
    """Copy the migrations and put one more behind them."""
    copy = shutil.copytree(MIGRATIONS, folder / "migrations")
    (copy / "versions" / "9000_another.sql").write_text(sql)
    (copy / "versions" / "9000_another.py").write_text(
        "from serinus.infrastructure.postgres.migrations.script import run_sql_beside\n"
        f"revision, down_revision, kind = '9000', {head()!r}, {kind!r}\n"
        "def upgrade():\n    run_sql_beside(__file__)\n"
    )
    return copy
