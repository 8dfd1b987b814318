"""Bringing a database up to date, from one node or many."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from serinus.infrastructure.postgres.migrations.revisions import (
    MIGRATIONS,
    SchemaTooNew,
    current,
    head,
    known,
    pending,
)
from serinus.infrastructure.postgres.migrations.runner import LOCK_KEY, MigrationBusy, migrate
from serinus.infrastructure.postgres.migrations.steps import ContractRefused, MigrationBlocked
from tests.support.migrations import with_another_step


@pytest.fixture(scope="module")
def script() -> ScriptDirectory:
    return ScriptDirectory.from_config(Config(config_args={"script_location": str(MIGRATIONS)}))


def run_python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def test_file_names_tell_the_order_that_alembic_follows(script: ScriptDirectory) -> None:
    assert known() == [step.revision for step in script.walk_revisions()][::-1]


def test_every_migration_says_whether_it_expands_or_contracts(script: ScriptDirectory) -> None:
    assert {step.module.kind for step in script.walk_revisions()} <= {"expand", "contract"}


def test_every_migration_is_an_sql_file() -> None:
    versions = MIGRATIONS / "versions"

    assert {path.stem for path in versions.glob("*.sql")} == {
        path.stem for path in versions.glob("*.py")
    }


def test_migrating_applies_everything_once(blank_database_url: str) -> None:
    assert migrate(blank_database_url) == known()
    assert migrate(blank_database_url) == []


async def test_pending_lists_what_is_missing(blank_database_url: str) -> None:
    assert await pending(blank_database_url) == known()


async def test_nothing_is_pending_after_migrating(
    database_url: str, pool: asyncpg.Pool
) -> None:
    assert await pending(database_url) == []
    assert await pending(pool) == []
    async with pool.acquire() as connection:
        assert await pending(connection) == []


def test_ten_nodes_starting_at_once_migrate_once(blank_database_url: str) -> None:
    with ThreadPoolExecutor(10) as nodes:
        applied = list(nodes.map(migrate, [blank_database_url] * 10))

    assert sorted(applied) == [[]] * 9 + [known()]


def test_a_node_waits_for_another_only_so_long(blank_database_url: str) -> None:
    with psycopg.connect(blank_database_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])

        with pytest.raises(MigrationBusy, match="for 1 s"):
            migrate(blank_database_url, wait=1)


def test_the_lock_is_free_again_after_migrating(blank_database_url: str) -> None:
    migrate(blank_database_url)

    with psycopg.connect(blank_database_url) as other:
        lock = other.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
    assert lock == (True,)


async def test_what_a_newer_release_only_added_is_no_trouble(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    sql = "ALTER TABLE tags ADD COLUMN colour text"
    newer = with_another_step(tmp_path, kind="expand", sql=sql)
    await asyncio.to_thread(migrate, database_url, migrations=newer)

    assert await asyncio.to_thread(migrate, database_url) == []
    assert await pending(pool) == []
    assert await current(pool) == "9000"


async def test_what_a_newer_release_took_away_is_seen_and_named(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    newer = with_another_step(tmp_path, kind="contract", sql="DROP TABLE import_origins")
    await asyncio.to_thread(migrate, database_url, migrations=newer, legacy_enabled=False)

    refused = f"revision 9000, and has changed for good with 9000, .* newest is {head()}"
    with pytest.raises(SchemaTooNew, match=refused):
        await pending(pool)
    with pytest.raises(SchemaTooNew):
        await asyncio.to_thread(migrate, database_url)
    assert await pending(pool, migrations=newer) == []


async def test_a_revision_that_is_of_no_release_is_refused(pool: asyncpg.Pool) -> None:
    await pool.execute("UPDATE alembic_version SET version_num = '0000'")

    with pytest.raises(SchemaTooNew, match="revision 0000, which this release does not know"):
        await pending(pool)


async def test_a_schema_of_another_program_is_refused(pool: asyncpg.Pool) -> None:
    await pool.execute("UPDATE alembic_version SET version_num = 'f00d'")
    await pool.execute("DROP TABLE schema_needs")

    with pytest.raises(SchemaTooNew, match="revision f00d, which this release does not know"):
        await pending(pool)


def test_contract_steps_wait_until_engine_v1_is_gone(database_url: str, tmp_path: Path) -> None:
    migrations = with_another_step(tmp_path, kind="contract", sql="DROP TABLE import_origins")

    with pytest.raises(ContractRefused, match="9000"):
        migrate(database_url, migrations=migrations)
    assert migrate(database_url, migrations=migrations, legacy_enabled=False) == ["9000"]


def test_a_refused_step_holds_back_those_before_it(
    blank_database_url: str, tmp_path: Path
) -> None:
    migrations = with_another_step(tmp_path, kind="contract", sql="DROP TABLE import_origins")

    with pytest.raises(ContractRefused):
        migrate(blank_database_url, migrations=migrations)
    assert migrate(blank_database_url) == known()


def test_a_failing_step_leaves_nothing_behind(database_url: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE half (id int); SELECT 1 / 0;"
    migrations = with_another_step(tmp_path, kind="expand", sql=sql)

    with pytest.raises(Exception, match="division by zero"):
        migrate(database_url, migrations=migrations)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)


def test_a_step_gives_up_rather_than_stall_the_queries_behind_it(
    database_url: str, tmp_path: Path
) -> None:
    sql = "SET LOCAL lock_timeout = '10ms'; ALTER TABLE tags ADD COLUMN colour text;"
    migrations = with_another_step(tmp_path, kind="expand", sql=sql)
    with psycopg.connect(database_url) as reader:
        reader.execute("SELECT FROM tags")

        with pytest.raises(MigrationBlocked, match="in use"):
            migrate(database_url, migrations=migrations)


def test_colons_and_percent_signs_reach_the_server_as_they_are(
    database_url: str, tmp_path: Path
) -> None:
    sql = "COMMENT ON TABLE tags IS ':name 100% %s';"
    migrate(database_url, migrations=with_another_step(tmp_path, kind="expand", sql=sql))

    with psycopg.connect(database_url) as connection:
        comment = connection.execute("SELECT obj_description('tags'::regclass)").fetchone()
    assert comment == (":name 100% %s",)


def test_migrating_loads_no_object_mapper(blank_database_url: str) -> None:
    code = (
        "import sys\n"
        "from serinus.infrastructure.postgres.migrations.runner import migrate\n"
        "print(migrate(sys.argv[1]), 'sqlalchemy.orm' in sys.modules)"
    )

    assert run_python(code, blank_database_url).strip() == f"{known()} False"


def test_a_start_on_an_up_to_date_database_does_without_alembic(database_url: str) -> None:
    code = (
        "import sys\n"
        "from serinus.infrastructure.postgres.migrations.runner import migrate\n"
        "print(migrate(sys.argv[1]), {'alembic', 'sqlalchemy'} & set(sys.modules))"
    )

    assert run_python(code, database_url).strip() == "[] set()"
