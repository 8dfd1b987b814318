"""`serinus backup | restore`: the whole database in one file, and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol

import typer
from rich.console import Console

from serinus.presentation.cli.plain import plain

out = Console(soft_wrap=True)


class KeepsBackups(Protocol):
    """What these commands need done."""

    def back_up(self, target: Path) -> int:
        """The bytes written."""
        ...

    def restore(self, source: Path) -> Sequence[str]:
        """The revisions applied after it, where the file is older than this program."""
        ...


def add_backups(app: typer.Typer, backups: KeepsBackups) -> None:
    @app.command()
    def backup(file: Annotated[Path, typer.Argument(help="Where to; must not exist.")]) -> None:
        """Write the whole database into a file, while servers go on.

        SERINUS_SECRET_KEY is not in it: keep that, too.
        """
        size = backups.back_up(file)
        out.print(plain(f"{file}: {size / 1_000_000:.1f} MB"))

    @app.command()
    def restore(file: Annotated[Path, typer.Argument(help="What `backup` wrote.")]) -> None:
        """Fill an empty database from a backup, all of it or nothing."""
        applied = backups.restore(file)
        out.print(plain(f"restored from {file}"))
        if applied:
            out.print(f"applied: {', '.join(applied)}")
