"""A database without a schema."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.support.databases import on_database


@pytest.fixture
def blank_database_url(server_dsn: str) -> Iterator[str]:
    name = f"serinus_test_blank_{secrets.token_hex(4)}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield on_database(server_dsn, name)
        connection.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        )
