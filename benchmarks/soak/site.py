"""The site under load: a server of its own, filled, and what consumers know of it."""

import asyncio
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from serinus.infrastructure.postgres.embedded.connection import read_connection
from serinus.infrastructure.postgres.embedded.folder import DataFolder
from serinus.wiring.own_server import OwnServer, environment, own_server

SETTINGS = {
    "SERINUS_WORKERS": "2",
    "API_V2_TRAFFIC_PERCENTAGE": "50",
    # All consumers come from one address here.
    "SERINUS_RATE_LIMIT": "0",
    "SERINUS_LOGIN_RATE_LIMIT": "0",
}
KNOWN = 500  # posts that are read: the rest is a site's archive


@dataclass(frozen=True, slots=True)
class Site:
    server: OwnServer
    database: str  # URL
    known: Path  # a file for consumers


@contextmanager
def running_site(posts: int, authors: int) -> Iterator[Site]:
    """Ends with the block, and leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="serinus-soak-"))
    folder.chmod(0o711)  # root does not run PostgreSQL: another account has to pass through
    settings = SETTINGS | {"SERINUS_DATA_DIR": str(folder / "data")}
    try:
        with own_server(folder, settings) as server:
            _fill(folder, settings, posts)
            found = read_connection(DataFolder(folder / "data"))
            assert found is not None  # noqa: S101 - the server answers
            known = folder / "known.json"
            told = asyncio.run(_known(found.dsn, server.address, authors))
            known.write_text(json.dumps(told), encoding="utf-8")
            yield Site(server, found.dsn, known)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path, settings: dict[str, str], posts: int) -> None:
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "serinus", "generate", "--posts", str(posts), "--json"],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )


async def _known(database: str, address: str, authors: int) -> dict[str, Any]:
    password = secrets.token_urlsafe(12)
    connection = await asyncpg.connect(database)
    try:
        async with httpx.AsyncClient(base_url=address, timeout=60) as http:
            accounts = [await _author(http, number, password) for number in range(authors)]
        await connection.execute(
            "UPDATE users SET role = 'author' WHERE email = ANY($1)",
            [account["email"] for account in accounts],
        )
        rows = await connection.fetch(READ, KNOWN)
        tags = await connection.fetch(USED, 20)
    finally:
        await connection.close()
    return {
        "password": password,
        "authors": accounts,
        "posts": [str(row["id"]) for row in rows],
        "slugs": [row["slug"] for row in rows],
        "words": _words([row["title"] for row in rows]),
        "tags": [row["slug"] for row in tags],
    }


async def _author(http: httpx.AsyncClient, number: int, password: str) -> dict[str, str]:
    account = {"email": f"author-{number}@example.org", "password": password}
    answer = await http.post(
        "/api/v2/auth/register", json=account | {"username": f"author-{number}"}
    )
    answer.raise_for_status()
    return account


def _words(titles: Sequence[str]) -> list[str]:
    """What people search for: words of titles, in Latin script of some length."""
    words = {word.strip(".,:;!?'\"()").lower() for title in titles for word in title.split()}
    return sorted(word for word in words if word.isascii() and word.isalpha() and len(word) > 3)


READ = """
    SELECT id, slug, title FROM posts
     WHERE status = 'published' AND deleted_at IS NULL
     ORDER BY published_at DESC LIMIT $1
"""
USED = "SELECT slug FROM tags ORDER BY usage_count DESC, id LIMIT $1"
