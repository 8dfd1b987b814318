"""Engine v1 tells how long the database took."""

from sqlalchemy import text

from serinus.legacy.database import create_engine, tell_times


async def test_each_statement_is_told_and_its_time(database_url: str) -> None:
    times: list[float] = []
    engine = create_engine(database_url, 1)
    tell_times(engine, times.append)

    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(0.05)"))
            await connection.execute(text("SELECT 1"))
    finally:
        await engine.dispose()

    slow, quick = times
    assert slow >= 0.05
    assert quick < slow
