"""What is told of the database's time."""

from prometheus_client import CollectorRegistry

from serinus.infrastructure.database_metrics import DatabaseMetrics
from serinus.infrastructure.postgres.pool import open_pool
from tests.support.waiting import until


def test_statements_and_their_time_add_up_by_engine() -> None:
    registry = CollectorRegistry()
    metrics = DatabaseMetrics(registry)
    v1, v2 = metrics.asked("v1"), metrics.asked("v2")

    v1(0.25)
    metrics.refresh()
    v1(0.5)
    v2(0.125)
    metrics.refresh()

    def told(name: str, engine: str) -> float | None:
        return registry.get_sample_value(f"serinus_database_{name}_total", {"engine": engine})

    assert (told("queries", "v1"), told("query_seconds", "v1")) == (2, 0.75)
    assert (told("queries", "v2"), told("query_seconds", "v2")) == (1, 0.125)


async def test_a_pool_tells_how_long_each_statement_took(database_url: str) -> None:
    times: list[float] = []
    pool = await open_pool(database_url, size=1, asked=times.append)

    async def heard() -> bool:
        return any(seconds >= 0.05 for seconds in times)

    try:
        await pool.fetchval("SELECT pg_sleep(0.05)")
        await until(heard)
    finally:
        await pool.close()
