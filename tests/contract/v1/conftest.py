"""One engine, or both, on the test's own database."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from tests.contract.v1.clients import People
from tests.contract.v1.engines import SERVED, Engine, serving


@pytest.fixture(params=SERVED)
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.param
    return chosen


@pytest.fixture
async def http(engine: Engine, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(engine, database_url) as client:
        yield client


@pytest.fixture
def people(http: httpx.AsyncClient, pool: asyncpg.Pool) -> People:
    return People(http, pool)
