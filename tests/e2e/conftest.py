"""Servers for end-to-end tests: real processes, real HTTP, real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from serinus.infrastructure.postgres.embedded.server import open_embedded
from serinus.infrastructure.postgres.migrations.runner import migrate
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.embedded import OPTIONS
from tests.support.folders import reachable_folder
from tests.support.serving import SECRET, RunningServer, serving

Starting = Callable[..., AbstractContextManager[RunningServer]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture
def home() -> Iterator[Path]:
    """Where a server is started; its data folder lies in it."""
    with reachable_folder() as folder:
        yield folder


@dataclass(frozen=True, slots=True)
class Cut:
    """A server on a PostgreSQL that nobody else uses: it may be taken away."""

    server: RunningServer
    pool: asyncpg.Pool
    data: Path  # of PostgreSQL


@pytest.fixture
def data() -> Iterator[Path]:
    """Where a PostgreSQL of the test's own keeps its data."""
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture
async def cut(starting: Starting, data: Path) -> AsyncIterator[Cut]:
    database = await asyncio.to_thread(open_embedded, data, options=OPTIONS)
    try:
        await asyncio.to_thread(migrate, database.dsn)
        pool = await open_pool(database.dsn, size=2)
        with starting(DATABASE_URL=database.dsn) as server:
            yield Cut(server, pool, data)
        await pool.close()
    finally:
        database.close()


@pytest.fixture
def starting(home: Path, database_url: str) -> Starting:
    """Start servers on one database: `with starting(SERINUS_WORKERS="2") as server`."""

    def start(**settings: str) -> AbstractContextManager[RunningServer]:
        return serving(
            home, **{"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET} | settings
        )

    return start


@pytest.fixture
def server(starting: Starting) -> Iterator[RunningServer]:
    """One server at 50 %."""
    with starting(API_V2_TRAFFIC_PERCENTAGE="50") as running:
        yield running
