"""Fixtures every test may use: a database and a Redis of its own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import redis
from hypothesis import HealthCheck, settings

from serinus.infrastructure.postgres.pool import open_pool
from tests.support.databases import Clones
from tests.support.large import large_database
from tests.support.running import ServerMissing
from tests.support.servers import Servers, WorkerServers

# Loaded here, since the process that prints the summary may never look into the folder of it.
pytest_plugins = ["tests.contract.v1.printed", "tests.support.measured"]

# A slow machine breaks no law.
# How long drawing takes says something of the machine, and nothing of what is tested.
settings.register_profile(
    "serinus", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("serinus")

SERVERS = pytest.StashKey[Servers]()
# Makes a test need the `database` marker; every fixture that is built on it brings it along.
NEEDS_A_SERVER = "servers"
# Where a server is started in a process of its own, and what is there already.
ASKS_A_SERVER = {"home", "modes", "running"}


def pytest_configure(config: pytest.Config) -> None:
    handed = getattr(config, "workerinput", {}).get("servers")
    config.stash[SERVERS] = WorkerServers(handed) if handed else Servers()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVERS].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Runs in the process that owns the run, once for each worker, before the worker starts."""
    servers = node.config.stash[SERVERS]
    try:
        node.workerinput["servers"] = servers.handed_over()
    except ServerMissing as missing:
        pytest.exit(str(missing), returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_report_header(config: pytest.Config) -> list[str]:
    servers = config.stash[SERVERS]
    return [servers.describe("postgresql"), servers.describe("redis")]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if NEEDS_A_SERVER in fixtures:
            item.add_marker("database")
        if not ASKS_A_SERVER.isdisjoint(fixtures):
            item.add_marker("http")


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    return request.config.stash[SERVERS]


@pytest.fixture(scope="session")
def clones(servers: Servers) -> Iterator[Clones]:
    clones = Clones(servers.template)
    yield clones
    clones.close()


@pytest.fixture(scope="session")
def server_dsn(servers: Servers) -> str:
    """URL of a database from which others may be made and dropped."""
    return servers.template.server


@pytest.fixture(scope="session")
def large_url(servers: Servers) -> str:
    """URL of a database with 100,000 posts, which is read only."""
    return large_database(servers.template)


@pytest.fixture
def database_url(clones: Clones) -> Iterator[str]:
    """URL of a migrated, empty database that only this test uses."""
    url = clones.take()
    yield url
    clones.drop(url)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def redis_of_this_worker(servers: Servers, request: pytest.FixtureRequest) -> str:
    """URL of a numbered database; each worker of a run has its own number."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "gw0")
    parts = urlsplit(servers.redis)
    number = int(parts.path.strip("/") or 0) + int(worker.removeprefix("gw"))
    return urlunsplit(parts._replace(path=f"/{number}"))


@pytest.fixture
def redis_url(redis_of_this_worker: str) -> str:
    """URL of a Redis database that is empty when the test begins."""
    with redis.Redis.from_url(redis_of_this_worker) as client:
        client.flushdb()
    return redis_of_this_worker
