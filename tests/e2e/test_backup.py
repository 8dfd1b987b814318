"""A backup taken while everybody writes, and what it is worth."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
from psycopg import sql

from tests.e2e.conftest import Starting
from tests.support.databases import on_database
from tests.support.serving import SECRET, RunningServer, command
from tests.support.waiting import until

WRITERS = 3
MEANWHILE = 5  # posts of each writer before the backup begins
ACCOUNT = {"username": "naoko", "email": "naoko@example.org", "password": "seven-red-hats"}


@pytest.fixture
def empty_url(server_dsn: str) -> Iterator[str]:
    """URL of a database with nothing in it."""
    name = f"serinus_test_restored_{secrets.token_hex(4)}"
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield on_database(server_dsn, name)
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))


def on(url: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "SERINUS_SECRET_KEY": SECRET}


@asynccontextmanager
async def writers(
    server: RunningServer, pool: asyncpg.Pool
) -> AsyncIterator[list[dict[str, Any]]]:
    """They write for as long as the block lasts; the posts that were answered."""
    async with server.client() as http:
        signed_in = await http.post("/api/v2/auth/register", json=ACCOUNT)
        await pool.execute("UPDATE users SET role = 'author'")
        http.headers["authorization"] = f"Bearer {signed_in.json()['access_token']}"
        answered: list[dict[str, Any]] = []
        tasks = [
            asyncio.create_task(write(http, number, answered)) for number in range(WRITERS)
        ]
        try:
            yield answered
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended


async def write(http: httpx.AsyncClient, writer: int, answered: list[dict[str, Any]]) -> None:
    for number in count():
        body = {
            "title": f"歌 {writer}.{number}",
            "content": f"la {writer} " * 200,
            "tags": ["songs", f"of-{writer}"],
            "status": "published",
        }
        made = await http.post("/api/v2/posts", json=body)
        assert made.status_code == 201, made.text
        answered.append(made.json())


async def test_all_that_was_answered_before_a_backup_is_in_it(
    starting: Starting,
    server: RunningServer,
    pool: asyncpg.Pool,
    empty_url: str,
    database_url: str,
    home: Path,
) -> None:
    file = home / "backup"
    async with writers(server, pool) as answered:

        async def some() -> bool:
            return len(answered) >= WRITERS * MEANWHILE

        await until(some)
        before = list(answered)
        told = await asyncio.to_thread(
            command, "backup", str(file), cwd=home, **on(database_url)
        )
        assert told.returncode == 0, told.stderr
        assert len(answered) > len(before), "nobody wrote while it was taken"

    assert file.stat().st_mode & 0o077 == 0
    restored = command("restore", str(file), cwd=home, **on(empty_url))
    assert restored.returncode == 0, restored.stderr

    with starting(DATABASE_URL=empty_url) as again:
        async with again.client() as http:
            for post in before:
                found = (await http.get(f"/api/v2/posts/{post['id']}")).json()
                assert found == post
            person = {"email": ACCOUNT["email"], "password": ACCOUNT["password"]}
            assert (await http.post("/api/v1/auth/login", json=person)).status_code == 200
    # What is in between is there as a whole or not at all, and counts agree with it.
    async with asyncpg.create_pool(empty_url, min_size=1) as kept:
        number = await kept.fetchval("SELECT count(*) FROM posts")
        assert len(before) <= number <= len(answered) + WRITERS
        songs = await kept.fetchval("SELECT usage_count FROM tags WHERE name = 'songs'")
        assert songs == number


def test_nothing_is_overwritten(home: Path, database_url: str) -> None:
    file = home / "backup"
    assert command("backup", str(file), cwd=home, **on(database_url)).returncode == 0

    again = command("backup", str(file), cwd=home, **on(database_url))
    into_full = command("restore", str(file), cwd=home, **on(database_url))

    for refused, why in ((again, "exists"), (into_full, "not empty")):
        assert refused.returncode == 1
        assert why in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_a_damaged_backup_leaves_the_database_empty(
    home: Path, database_url: str, empty_url: str
) -> None:
    file = home / "backup"
    assert command("backup", str(file), cwd=home, **on(database_url)).returncode == 0
    os.truncate(file, file.stat().st_size * 3 // 4)

    refused = command("restore", str(file), cwd=home, **on(empty_url))

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    with psycopg.connect(empty_url) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        assert tables.fetchone() == (0,)
