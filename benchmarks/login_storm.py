"""What a storm of sign-ins does to readers: p99 of reading one post, without it and with it.

    python benchmarks/login_storm.py [--seconds 10] [--logins 20]

Starts `serinus serve` with an embedded database and reads a post from eight clients through
contract v1 on engine v1, contract v1 on engine v2, and contract v2; meanwhile so many people
sign in every second, half of them with a hash of either scheme. Then it compares how soon a
wrong sign-in is refused, for each kind of account. Prints a table.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import asyncpg
import bcrypt
import httpx
from uuid_utils.compat import uuid7

sys.path.insert(0, str(Path(__file__).parents[1]))

from serinus.infrastructure.credentials.password_hashes import ARGON2ID
from serinus.infrastructure.postgres.embedded.connection import read_connection
from serinus.infrastructure.postgres.embedded.folder import DataFolder
from tests.support.folders import reachable_folder
from tests.support.serving import RunningServer, serving

READERS = 8
PAUSE = 0.02  # seconds between two requests of one reader: readers are not a load test here
ROUNDS = 7  # refusals of each kind, taken in turn
PASSWORD = "a canary in the coal mine"  # noqa: S105 - of accounts that live for a minute
KINDS = ("argon2id", "bcrypt", "no password", "inactive", "unknown")
WAYS = (("v1", "0", "v1"), ("v1", "100", "v2"), ("v2", "100", "v2"))  # contract, share, engine


@dataclass
class Sample:
    """Seconds that answers took, by status."""

    taken: dict[int, list[float]] = field(default_factory=dict)

    def add(self, status: int, seconds: float) -> None:
        self.taken.setdefault(status, []).append(seconds)

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        everything = sorted(each for taken in self.taken.values() for each in taken)
        return 1000 * everything[min(len(everything) - 1, int(share * len(everything)))]

    def __str__(self) -> str:
        return ", ".join(f"{len(taken)} x {status}" for status, taken in self.taken.items())


async def read(http: httpx.AsyncClient, path: str, seconds: float) -> Sample:
    sample, until = Sample(), perf_counter() + seconds

    async def reader() -> None:
        while perf_counter() < until:
            began = perf_counter()
            answer = await http.get(path)
            sample.add(answer.status_code, perf_counter() - began)
            await asyncio.sleep(PAUSE)

    await asyncio.gather(*(reader() for _ in range(READERS)))
    return sample


async def sign_in(
    http: httpx.AsyncClient, sample: Sample, contract: str, person: dict[str, str]
) -> None:
    began = perf_counter()
    answer = await http.post(f"/api/{contract}/auth/login", json=person)
    sample.add(answer.status_code, perf_counter() - began)


async def storm(http: httpx.AsyncClient, contract: str, rate: float, seconds: float) -> Sample:
    """Passwords are wrong, so that each costs what it cost before: none is hashed anew."""
    sample, running = Sample(), []
    for number in range(int(rate * seconds)):
        person = {"email": address(KINDS[number % 2]), "password": "wrong password"}
        running.append(asyncio.create_task(sign_in(http, sample, contract, person)))
        await asyncio.sleep(1 / rate)
    await asyncio.gather(*running)
    return sample


async def refusals(http: httpx.AsyncClient, contract: str) -> dict[str, float]:
    """Median milliseconds until each kind of account is refused."""
    samples = {kind: Sample() for kind in KINDS}
    for _ in range(ROUNDS):
        for kind, sample in samples.items():
            password = PASSWORD if kind == "inactive" else "wrong password"
            person = {"email": address(kind), "password": password}
            await sign_in(http, sample, contract, person)
    return {
        kind: 1000 * statistics.median(sample.taken[401]) for kind, sample in samples.items()
    }


def address(kind: str) -> str:
    return f"{kind.replace(' ', '-')}@example.org"


@asynccontextmanager
async def prepared(home: Path, share: str) -> AsyncIterator[tuple[RunningServer, str]]:
    """A server, and the id of a post that is published."""
    settings = {"API_V2_TRAFFIC_PERCENTAGE": share, "SERINUS_LOG_FORMAT": "json"}
    with serving(home, **settings) as server:
        known = read_connection(DataFolder(home / ".serinus"))
        if known is None:
            sys.exit("the embedded server left no word of where it is")
        database = await asyncpg.connect(known.dsn)
        if not await database.fetchval("SELECT true FROM posts LIMIT 1"):
            await plant(database)
        post_id = await database.fetchval("SELECT id FROM posts LIMIT 1")
        await database.close()
        yield server, str(post_id)


async def plant(database: asyncpg.Connection) -> None:
    now = datetime.now(UTC)
    older = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()
    hashes = {"argon2id": ARGON2ID.hash(PASSWORD), "bcrypt": older, "inactive": older}
    authors = {kind: uuid7() for kind in KINDS[:-1]}
    for kind, author in authors.items():
        name = kind.replace(" ", "-")
        await database.execute(
            """
            INSERT INTO users (id, username, username_key, email, role, password_hash,
                               is_active, created_at, updated_at)
            VALUES ($1, $2, $2, $3, 'author', $4, $5, $6, $6)
            """,
            *(author, name, address(kind), hashes.get(kind), kind != "inactive", now),
        )
    async with database.transaction():  # a post and its slug refer to each other
        post_id = uuid7()
        await database.execute(
            """
            INSERT INTO posts (id, author_id, slug, title, content, status,
                               published_at, created_at, updated_at)
            VALUES ($1, $2, 'song', 'Song', $3, 'published', $4, $4, $4)
            """,
            *(post_id, authors["argon2id"], "la " * 500, now),
        )
        await database.execute(
            "INSERT INTO slugs (slug, post_id, created_at) VALUES ('song', $1, $2)",
            *(post_id, now),
        )


def crowd(server: RunningServer) -> httpx.AsyncClient:
    """Of people who do not wait for each other's connections."""
    limits = httpx.Limits(max_connections=1000)
    return httpx.AsyncClient(base_url=server.address, timeout=60, limits=limits)


async def reading_token(server: RunningServer) -> dict[str, str]:
    async with server.client() as http:
        person = {"email": address("argon2id"), "password": PASSWORD}
        answer = await http.post("/api/v1/auth/login", json=person)
        token: str = answer.json()["data"]["tokens"]["access_token"]
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Measured:
    quiet: Sample
    busy: Sample
    stormed: Sample
    refused: dict[str, float]


async def measure(
    home: Path, way: tuple[str, str, str], seconds: float, rate: float
) -> Measured:
    contract, share, _ = way
    async with prepared(home, share) as (server, post_id):
        headers, path = await reading_token(server), f"/api/{contract}/posts/{post_id}"
        async with server.client(headers=headers) as http, crowd(server) as others:
            await read(http, path, 1.0)  # warms up
            quiet = await read(http, path, seconds)
            busy, stormed = await asyncio.gather(
                read(http, path, seconds), storm(others, contract, rate, seconds)
            )
            return Measured(quiet, busy, stormed, await refusals(others, contract))


def told(measured: Measured) -> str:
    quiet, busy = measured.quiet, measured.busy
    reads = (
        f"  read {quiet.quantile(0.5):6.1f} {quiet.quantile(0.99):7.1f} ms p50, p99: {quiet}\n"
        f"  storm{busy.quantile(0.5):7.1f} {busy.quantile(0.99):7.1f} ms p50, p99: {busy};"
        f" sign-ins: {measured.stormed}\n"
    )
    each = ", ".join(f"{kind} {taken:.0f}" for kind, taken in measured.refused.items())
    return f"{reads}  refused after (median ms): {each}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--logins", type=float, default=20.0, help="a second")
    given = parser.parse_args()
    with reachable_folder() as home:
        for way in WAYS:
            measured = asyncio.run(measure(home, way, given.seconds, given.logins))
            sys.stdout.write(f"contract {way[0]}, engine {way[2]}\n{told(measured)}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
