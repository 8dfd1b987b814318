"""What Prometheus is told by a running server, of one worker or of several."""

import asyncio
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.conftest import Starting
from tests.support.engines import ENGINE_V1
from tests.support.serving import SECRET, RunningServer, command
from tests.support.waiting import until

PASSWORD = "a canary in the coal mine"
REQUESTS = re.compile(r"serinus_http_requests_total\{(.*)\} (\S+)")


def counted(text: str, **labels: str) -> float:
    """The requests with these labels."""
    wanted = {f'{name}="{value}"' for name, value in labels.items()}
    return sum(
        float(value)
        for found, value in REQUESTS.findall(text)
        if wanted <= set(found.split(","))
    )


async def scraped(server: RunningServer) -> str:
    """Over a connection of its own, so that any worker may answer."""
    async with server.client() as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return answer.text


async def ask(server: RunningServer, path: str, times: int) -> None:
    """Over a connection each: they fall to different workers."""

    async def once() -> None:
        async with server.client() as http:
            await http.get(path)

    for _ in range(0, times, 8):
        await asyncio.gather(*(once() for _ in range(8)))


def workers(server: RunningServer) -> list[psutil.Process]:
    """Of the HTTP server's processes, those that have threads that hash or serve."""
    return [
        child
        for child in psutil.Process(server.process.pid).children()
        if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    ]


def folder_in(temporary: Path) -> Path:
    """Where the workers of a server add up what they count."""
    (folder,) = temporary.glob("serinus-metrics-*")
    return folder


@pytest.fixture(params=["1", "2"], ids="{} worker(s)".format)
def server(starting: Starting, request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    workers: str = request.param
    with starting(SERINUS_WORKERS=workers, API_V2_TRAFFIC_PERCENTAGE="50") as running:
        yield running


async def test_whichever_worker_is_asked_tells_the_sum(server: RunningServer) -> None:
    await ask(server, "/api/v2/posts", 24)
    await ask(server, "/api/v1/no-such-thing?token=secret", 16)

    for _ in range(4):
        text = await scraped(server)
        assert counted(text, contract="v2", route="/api/v2/posts", status="200") == 24
        assert counted(text, contract="v1", route="other", status="404") == 16
        assert "secret" not in text
        assert f"serinus_routing_share {0.5 if ENGINE_V1 else 1.0}" in text


async def test_a_killed_worker_takes_nothing_of_the_sum_with_it(
    starting: Starting, tmp_path: Path
) -> None:
    with starting(SERINUS_WORKERS="2", TMPDIR=str(tmp_path)) as server:
        await ask(server, "/api/v2/posts", 40)
        first = await scraped(server)
        assert counted(first, route="/api/v2/posts") == 40
        folder = folder_in(tmp_path)

        victim = next(w for w in workers(server) if (folder / f"counter_{w.pid}.db").exists())
        victim.send_signal(signal.SIGKILL)
        psutil.wait_procs([victim], timeout=10)
        await until(lambda: _answers(server))
        await ask(server, "/api/v2/posts", 8)

        again = await scraped(server)
        assert counted(again, route="/api/v2/posts") == 48
        assert not list(folder.glob(f"gauge_live*_{victim.pid}.db"))
    assert not folder.exists()


async def _answers(server: RunningServer) -> bool:
    try:
        await ask(server, "/health", 8)
    except httpx.TransportError:
        return False
    return True


async def test_with_a_scope_only_its_holders_read_metrics(
    starting: Starting, tmp_path: Path, database_url: str
) -> None:
    settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}
    for role in ("admin", "author"):
        email = f"{role}@example.org"
        options = ("--role", role, "--password-stdin")
        made = command(
            *("user", "create", email, *options), cwd=tmp_path, stdin=PASSWORD, **settings
        )
        assert made.returncode == 0, made.stderr
    with starting(SERINUS_METRICS_SCOPE="release:read") as server:
        async with server.client() as http:
            headers = {"none": {}, "bad": {"Authorization": "Bearer a.b.c"}}
            headers["bad key"] = {"X-API-Key": "srn_nonsense"}
            for role in ("admin", "author"):
                person = {"email": f"{role}@example.org", "password": PASSWORD}
                answer = await http.post("/api/v1/auth/login", json=person)
                token = answer.json()["data"]["tokens"]["access_token"]
                headers[role] = {"Authorization": f"Bearer {token}"}
            told = {
                who: await http.get("/api/v1/metrics", headers=sent)
                for who, sent in headers.items()
            }

    assert {who: answer.status_code for who, answer in told.items()} == {
        "none": 401,
        "bad": 401,
        "bad key": 401,
        "admin": 200,
        "author": 403,
    }
    texts = {who: answer.json() for who, answer in told.items() if who != "admin"}
    assert {who: text["error"] for who, text in texts.items()} == {
        "none": "Missing or malformed authorization header.",
        "bad": "Invalid or expired token.",
        "bad key": "Invalid or expired token.",
        "author": "Insufficient permissions",
    }
    assert list(texts["none"]) == ["success", "data", "message", "error"]


async def test_metrics_are_read_and_not_written(starting: Starting) -> None:
    with starting() as server:
        async with server.client() as http:
            refused = await http.post("/api/v1/metrics")
            head = await http.head("/metrics")

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert refused.json()["error"] == "Method not allowed"
    assert (head.status_code, head.content) == (200, b"")


def test_a_scope_that_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    ended = command("serve", cwd=tmp_path, SERINUS_METRICS_SCOPE="metrics:eat")

    assert ended.returncode != 0
    assert ended.stderr.startswith("serinus: SERINUS_METRICS_SCOPE=metrics:eat: expected")
    assert len(ended.stderr.splitlines()) == 1
