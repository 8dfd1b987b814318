"""A running server without engine v1: there is no share to give, and steering works."""

from collections.abc import Iterator

import pytest

from tests.contract.table.modes import Served, served
from tests.support.databases import Clones


@pytest.fixture(scope="session")
def running(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = clones.take()
    with served("v2", url, tmp_path_factory.mktemp("served")) as server:
        yield server
    clones.drop(url)
