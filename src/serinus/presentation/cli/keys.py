"""`serinus key create | list | revoke`: keys for programs."""

import sys
from collections.abc import Sequence
from typing import Annotated, Protocol
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from serinus.application.identity.api_keys import IssuedKey
from serinus.domain.identity.api_keys import ALL_SCOPES, ApiKey
from serinus.presentation.cli.plain import plain

MAX_DAYS = 3650

Scopes = Annotated[
    list[str],
    typer.Option(
        "--scope", help=f"What it may do, as often as needed: {', '.join(sorted(ALL_SCOPES))}."
    ),
]
Days = Annotated[
    int | None, typer.Option(min=1, max=MAX_DAYS, help="Until it expires. Default: never.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

out = Console()
notes = Console(stderr=True, soft_wrap=True)


class Keys(Protocol):
    """What these commands need done."""

    def create_key(
        self, *, email: str, name: str, scopes: Sequence[str], days: int | None
    ) -> IssuedKey: ...

    def keys(self, email: str) -> Sequence[ApiKey]: ...

    def revoke_key(self, key_id: UUID) -> ApiKey: ...


def key_app(keys: Keys) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True)

    @app.command()
    def create(
        email: str,
        scope: Scopes,
        name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
        days: Days = None,
    ) -> None:
        """Make a key for an account, and print it. It can do no more than its owner."""
        issued = keys.create_key(email=email, name=name, scopes=scope, days=days)
        # Alone on standard output, so that a script can take it from there.
        sys.stdout.write(issued.raw + "\n")
        notes.print(
            plain(f"{issued.key.id}, for {', '.join(issued.key.scopes)}: shown this once")
        )

    @app.command(name="list")
    def list_keys(email: str, *, as_json: AsJson = False) -> None:
        """List the keys of an account, newest first."""
        found = keys.keys(email)
        if as_json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
        else:
            out.print(_table(found))

    @app.command()
    def revoke(key_id: UUID) -> None:
        """Take a key back, whoever's it is, by the id that is listed or stands in it."""
        revoked = keys.revoke_key(key_id)
        out.print(plain(f"{revoked.name} ({revoked.id}) works no longer"), soft_wrap=True)

    return app


def _table(keys: Sequence[ApiKey]) -> Table:
    table = Table("id", "name", "scopes", "last used", "expires")
    for key in keys:
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        expires = f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never"
        table.add_row(str(key.id), plain(key.name), ", ".join(key.scopes), used, expires)
    return table
