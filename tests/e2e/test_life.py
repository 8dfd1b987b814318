"""The life of a server: starting, sharing a data folder, dying, coming back."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from serinus.infrastructure.postgres.migrations.revisions import head
from serinus.infrastructure.postgres.migrations.runner import migrate
from tests.e2e.conftest import Starting
from tests.support.engines import ENGINE_V1, needs_engine_v1
from tests.support.migrations import with_another_step
from tests.support.serving import (
    SECRET,
    RunningServer,
    command,
    environment,
    postgres_of,
    serving,
)

GONE_WITHIN = 3.0  # seconds


def administrator(server: RunningServer) -> dict[str, str]:
    found = re.search(r"Administrator +(\S+).*?Password +(\S+)", server.said, re.DOTALL)
    assert found is not None, server.said
    return {"email": found[1], "password": found[2]}


@asynccontextmanager
async def signed_in(
    server: RunningServer, person: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as http:
        answer = await http.post("/api/v1/auth/login", json=person)
        assert answer.status_code == 200, answer.text
        token = answer.json()["data"]["tokens"]["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http


def wait_until_gone(data_dir: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while left := [p for p in postgres_of(data_dir) if p.is_running()]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.05)


async def test_killed_in_full_flight_it_leaves_no_process_and_loses_no_post(
    home: Path,
) -> None:
    data_dir = home / ".serinus"
    written: list[str] = []
    with serving(home) as server:
        person = administrator(server)
        async with signed_in(server, person) as http:
            for number in range(20):
                post = {"title": f"Song {number}", "content": "la", "published": True}
                answer = await http.post("/api/v1/posts", json=post)
                assert answer.status_code == 201, answer.text
                written.append(answer.json()["data"]["id"])
        workers = psutil.Process(server.process.pid).children(recursive=True)
        assert postgres_of(data_dir)

        server.kill()

        wait_until_gone(data_dir, GONE_WITHIN)
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert alive == []

    with serving(home) as server:
        async with signed_in(server, person) as http:
            for post_id in written:
                assert (await http.get(f"/api/v1/posts/{post_id}")).status_code == 200
        assert "Administrator" not in server.said


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_well(home: Path, how: signal.Signals) -> None:
    with serving(home) as server:
        server.process.send_signal(how)

        assert server.process.wait(30) == 0
        wait_until_gone(home / ".serinus", 10)
        assert "Traceback" not in server.said


def test_commands_share_the_database_of_a_running_server(home: Path) -> None:
    with serving(home):
        listed = command("user", "list", "--json", cwd=home)

    assert listed.returncode == 0, listed.stderr
    assert '"username": "admin"' in listed.stdout


def test_a_second_server_on_the_port_is_told_so(home: Path) -> None:
    with serving(home) as server:
        port = server.address.rpartition(":")[2]
        ended = command("serve", cwd=home, SERINUS_PORT=port)

    assert ended.returncode == 1
    assert "set SERINUS_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:wrong@127.0.0.1:9/none",
        "postgresql://nobody:wrong@does-not-exist.invalid/none",
    ],
)
def test_a_wrong_database_address_is_one_line_within_seconds(home: Path, url: str) -> None:
    began = time.monotonic()
    ended = command("serve", cwd=home, DATABASE_URL=url, SERINUS_SECRET_KEY=SECRET)

    # Connecting gives up after three; the rest is what a busy machine makes of starting.
    assert time.monotonic() - began < 20
    assert ended.returncode != 0
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert "wrong" not in ended.stderr
    assert url.rpartition("@")[2].partition("/")[0].partition(":")[0] in ended.stderr


LOADED = """
import asyncio, os, sys
from serinus.presentation.http.lifespan import running
from serinus.wiring.http import application

async def main():
    async with running(application()):
        print(*(name for name in ("fastapi", "sqlalchemy.orm") if name in sys.modules))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("legacy", "loaded"),
    [
        pytest.param("true", "fastapi sqlalchemy.orm", marks=needs_engine_v1),
        ("false", ""),
    ],
)
def test_the_stack_of_engine_v1_is_imported_only_where_it_serves(
    home: Path, database_url: str, legacy: str, loaded: str
) -> None:
    settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}
    ended = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", LOADED],
        cwd=home,
        env=environment(USE_LEGACY_API_V1=legacy, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert ended.stdout.strip() == loaded


@pytest.mark.parametrize(
    "settings", [{"SERINUS_SERVER": "uvicorn"}, {"SERINUS_WORKERS": "2"}], ids=str
)
async def test_other_servers_and_more_workers_serve_the_same(
    starting: Starting, settings: dict[str, str]
) -> None:
    with starting(**settings) as server:
        async with server.client() as http:
            assert (await http.get("/health")).json()["status"] == "healthy"
            engine = (await http.get("/api/v1/info")).headers["serinus-engine"]
            assert engine == ("v1" if ENGINE_V1 else "v2")
            assert (await http.get("/api/v2/posts")).status_code == 200
        assert server.stop() == 0


@pytest.mark.parametrize("kind", ["granian", "uvicorn"])
def test_a_server_whose_embedded_database_ends_says_so_and_ends(home: Path, kind: str) -> None:
    with serving(home, SERINUS_SERVER=kind) as server:
        for process in postgres_of(home / ".serinus"):
            process.kill()

        assert server.process.wait(30) == 1
        assert "the embedded PostgreSQL has ended" in server.said
        assert "Traceback" not in server.said


def test_a_server_starts_on_what_a_newer_release_has_added_to(
    starting: Starting, home: Path, database_url: str, tmp_path: Path
) -> None:
    """One restarted while its successors take over, or after they were called back."""
    sql = (
        "ALTER TABLE tags ADD COLUMN colour text; CREATE TABLE themes (name text PRIMARY KEY);"
    )
    migrate(database_url, migrations=with_another_step(tmp_path, kind="expand", sql=sql))

    with starting() as server:
        ready = httpx.get(f"{server.address}/readyz")
    told = command("doctor", cwd=home, DATABASE_URL=database_url, SERINUS_SECRET_KEY=SECRET)

    assert ready.status_code == 200
    assert f"at revision 9000, which only adds to {head()}" in " ".join(told.stdout.split())


def test_a_server_does_not_start_on_what_a_newer_release_has_taken_from(
    home: Path, database_url: str, tmp_path: Path
) -> None:
    newer = with_another_step(tmp_path, kind="contract", sql="DROP TABLE import_origins")
    migrate(database_url, migrations=newer, legacy_enabled=False)

    refused = command("serve", cwd=home, DATABASE_URL=database_url, SERINUS_SECRET_KEY=SECRET)

    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert "deploy the newer release" in line
