"""Engine v1 on a database of its own, and people who are signed in to it."""

from collections.abc import AsyncIterator

import pytest

from tests.legacy.engine import Engine, configuration, running


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Engine]:
    async with running(configuration(database_url)) as engine:
        yield engine
