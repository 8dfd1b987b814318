"""Servers for end-to-end tests: real processes, real HTTP, real PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

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
