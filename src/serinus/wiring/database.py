"""Where the data is: the server of `DATABASE_URL`, or the embedded one in the data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from serinus.infrastructure.postgres.connecting import place
from serinus.infrastructure.postgres.embedded.server import open_embedded
from serinus.infrastructure.secret_key import kept_secret_key
from serinus.infrastructure.setting_values import Secret
from serinus.infrastructure.settings import Settings


@dataclass(frozen=True, slots=True)
class Database:
    """An address that can be connected to for as long as its context is open.

    `embedded` is the data folder, when the server is ours. `place` names it without secrets.
    """

    url: Secret
    place: str
    embedded: Path | None


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Database, Settings]]:
    """The database, and the settings completed by what embedded mode generates.

    Raise `EmbeddedServerError`. A server of `DATABASE_URL` is not asked yet.
    """
    if settings.database_url is not None:
        yield Database(settings.database_url, place(settings.database_url), None), settings
        return
    folder = settings.serinus_data_dir.absolute()
    with open_embedded(folder) as server:
        keys = settings.serinus_secret_key or (kept_secret_key(folder),)
        here = f"PostgreSQL {server.version}, embedded in {settings.serinus_data_dir}"
        completed = replace(settings, database_url=Secret(server.dsn), serinus_secret_key=keys)
        yield Database(Secret(server.dsn), here, folder), completed
