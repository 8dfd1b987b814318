"""A fresh database for every test, cloned from a migrated template ahead of time."""

import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from serinus.infrastructure.postgres.migrations.runner import migrate


def on_database(url: str, name: str) -> str:
    """Give the URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@dataclass(frozen=True, slots=True)
class Template:
    """A migrated database; its name leads the names of all its clones."""

    server: str  # URL
    name: str

    @classmethod
    def make(cls, server: str) -> Self:
        template = cls(server, f"serinus_test_{secrets.token_hex(4)}")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(template.name))
            )
        migrate(on_database(server, template.name))
        return template

    def drop_all(self) -> None:
        """Drop the template and whatever clones a killed worker left."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            names = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.name]
            ).fetchall()
            for (name,) in names:
                _drop(connection, name)


class Clones:
    """The next clone is made, and the last one dropped, while a test runs."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._connection = psycopg.connect(template.server, autocommit=True)
        self._background = ThreadPoolExecutor(1, thread_name_prefix="clones")
        self._next = self._background.submit(self._create)
        self._drops: list[Future[None]] = []

    def take(self) -> str:
        name = self._next.result()
        self._next = self._background.submit(self._create)
        return on_database(self._template.server, name)

    def drop(self, url: str) -> None:
        name = urlsplit(url).path.removeprefix("/")
        self._drops.append(self._background.submit(_drop, self._connection, name))

    def close(self) -> None:
        self._background.submit(_drop, self._connection, self._next.result()).result()
        self._background.shutdown()
        self._connection.close()
        for drop in self._drops:
            drop.result()

    def _create(self) -> str:
        name = f"{self._template.name}_{secrets.token_hex(4)}"
        self._connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(self._template.name)
            )
        )
        return name


def _drop(connection: psycopg.Connection, name: str) -> None:
    statement = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    with suppress(psycopg.errors.InvalidCatalogName):  # a test may have dropped its own
        connection.execute(statement)
