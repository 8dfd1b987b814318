"""How the engine is set up, and how it is taken down again."""

import ast
import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

import serinus.legacy
from serinus.legacy.application import create_app
from tests.legacy.engine import Engine, configuration, running

SOURCES = sorted(Path(serinus.legacy.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_engine_imports_nothing_else_of_serinus(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert not name.startswith("serinus") or name.startswith("serinus.legacy")


def test_importing_the_engine_warns_of_nothing() -> None:
    command = [sys.executable, "-W", "error", "-c", "import serinus.legacy.application"]

    subprocess.run(command, check=True)  # noqa: S603 - our own interpreter


def test_a_configuration_shows_no_secret() -> None:
    shown = repr(configuration("postgresql://serinus:hunter2@db/cms"))

    assert "hunter2" not in shown
    assert "ssss" not in shown
    assert "password123" not in shown
    assert "1.2.3" in shown


def test_no_documentation_is_served_here() -> None:
    app = create_app(configuration("postgresql://nowhere/"))

    assert app.openapi_url is None
    assert app.docs_url is None
    assert app.redoc_url is None


@pytest.mark.parametrize(
    "parameters",
    [
        "sslmode=disable",
        "sslmode=prefer&connect_timeout=10&channel_binding=prefer&gssencmode=disable",
        "application_name=a%20name&keepalives=1",
    ],
)
async def test_parameters_of_libpq_are_understood(database_url: str, parameters: str) -> None:
    async with running(configuration(f"{database_url}?{parameters}")) as engine:
        assert (await engine.call("GET", "/health/readiness")).status_code == 200


async def test_a_password_may_hold_any_character(engine: Engine, database_url: str) -> None:
    await engine.execute("""CREATE ROLE "odd@role" LOGIN PASSWORD '%:/?#[]@!$&''()*+,;= é'""")
    host = database_url.partition("@")[2]
    password = "%25%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%20%C3%A9"
    try:
        async with running(configuration(f"postgresql://odd%40role:{password}@{host}")) as odd:
            assert (await odd.call("GET", "/health/readiness")).status_code == 200
    finally:
        await engine.execute('DROP ROLE "odd@role"')


async def test_the_pool_holds_as_many_connections_as_it_was_told(database_url: str) -> None:
    async with running(configuration(database_url, pool_size=3)) as engine:
        assert engine.pool.size() == 3
        assert engine.pool.checkedin() == 0  # nothing opened yet


async def test_no_connection_outlives_the_application(engine: Engine) -> None:
    sessions = """
        SELECT count(*) AS number FROM pg_stat_activity
         WHERE application_name = 'serinus-v1' AND datname = current_database()
    """
    async with running(configuration(engine.url)) as second:
        await second.call("GET", "/health")
        assert (await engine.execute(sessions))[0]["number"] == 1

    assert (await engine.execute(sessions))[0]["number"] == 0


async def test_requests_give_their_connections_back(engine: Engine) -> None:
    person = await engine.person()
    for path in ("/posts", "/posts/nonsense", "/tags?page=x", "/auth/profile", "/posts/tag/a"):
        await engine.call("GET", path, person)
        await engine.call("PUT", path, person, {"title": 1})

    assert engine.pool.checkedout() == 0


async def test_how_busy_it_is_can_be_told(database_url: str) -> None:
    async with running(configuration(database_url, pool_size=1)) as engine:
        idle = engine.resources.load()
        async with engine.resources.sessions() as session, asyncio.TaskGroup() as others:
            await session.execute(text("SELECT 1"))
            others.create_task(engine.call("GET", "/health"))
            while not (busy := engine.resources.load()).pool_waiting:  # noqa: ASYNC110 - a pool tells nobody
                await asyncio.sleep(0)
            await session.commit()

    assert (idle.pool_limit, idle.pool_size, idle.pool_used) == (1, 0, 0)
    assert (busy.pool_limit, busy.pool_size, busy.pool_used) == (1, 1, 1)
    assert (busy.pool_waiting, busy.passwords_waiting) == (1, 0)
