"""All servers at once, each with one worker, on one database that was filled before."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg

from benchmarks.side_by_side.asking import PASSWORD, Known
from benchmarks.side_by_side.cases import PEERS
from tests.support.databases import Clones
from tests.support.embedded import free_port
from tests.support.folders import reachable_folder
from tests.support.servers import Servers
from tests.support.serving import SECRET, command_within, environment, serving

ROOT = Path(__file__).parents[2]
POSTS = 1000
ASKED_FOR = 40  # posts
STARTS_WITHIN = 30.0  # seconds
SETTINGS = {
    "SERINUS_SECRET_KEY": SECRET,
    "SERINUS_ACCESS_TTL": "86400",
    "SERINUS_ACCESS_LOG": "false",  # peers write none
    "SERINUS_LOG_LEVEL": "error",
}
OURS = {
    "engine-v1": {"API_V2_TRAFFIC_PERCENTAGE": "0"},
    "engine-v2": {"API_V2_TRAFFIC_PERCENTAGE": "100"},
    "cache-off": {"API_V2_TRAFFIC_PERCENTAGE": "100", "SERINUS_CACHE_BYTES": "0"},
}
SOME_POSTS = """
SELECT p.id::text FROM posts p
 WHERE p.status = 'published' AND p.deleted_at IS NULL AND p.type = 'post'
   AND EXISTS (SELECT FROM post_tags t WHERE t.post_id = p.id)
 ORDER BY p.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Running:
    """`process`: what was started; its children are the workers."""

    port: int
    process: int

    def processor(self) -> float:
        """Seconds of the processor so far, of all its processes."""
        first = psutil.Process(self.process)
        used = [each.cpu_times() for each in (first, *first.children(recursive=True))]
        return float(sum(each.user + each.system for each in used))


@dataclass(frozen=True, slots=True)
class Standing:
    """`servers`: by their names in `cases`."""

    home: Path
    database: str
    servers: dict[str, Running]
    known: Known


@contextmanager
def standing() -> Iterator[Standing]:
    """PostgreSQL as for the tests: given, in a container, or embedded."""
    with ExitStack() as stack:
        home = stack.enter_context(reachable_folder())
        database = stack.enter_context(filled_database(home))
        servers = {
            name: stack.enter_context(_serinus(home, database, settings))
            for name, settings in OURS.items()
        }
        known = Known(_token(servers["engine-v1"].port), _posts(database))
        sample = home / "answer"
        sample.write_bytes(_answer(servers["engine-v2"].port, known.posts[0]))
        for way in PEERS:
            given = {"DATABASE_URL": database, "SERINUS_TEST_ANSWER": str(sample)}
            servers[way.server] = stack.enter_context(_peer(way.server, home, given))
        yield Standing(home, database, servers, known)


@contextmanager
def filled_database(home: Path) -> Iterator[str]:
    servers = Servers()
    clones = Clones(servers.template)
    try:
        url = clones.take()
        run("generate", "--posts", str(POSTS), home=home, database=url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
        yield url
    finally:
        clones.close()
        servers.close()


def run(*words: str, home: Path, database: str) -> str:
    """What a command prints. Raise `RuntimeError` when it fails."""
    done = command_within(600, *words, cwd=home, DATABASE_URL=database, **SETTINGS)
    if done.returncode:
        raise RuntimeError(f"serinus {' '.join(words)}: {done.stderr[-1000:]}")
    return done.stdout


@contextmanager
def _serinus(home: Path, database: str, settings: dict[str, str]) -> Iterator[Running]:
    with serving(home, DATABASE_URL=database, **SETTINGS, **settings) as server:
        port = urlsplit(server.address).port
        assert port is not None
        yield Running(port, server.process.pid)


@contextmanager
def _peer(name: str, home: Path, given: dict[str, str]) -> Iterator[Running]:
    port = free_port()
    with (home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "benchmarks.peers.serve", name, str(port)],
            cwd=ROOT,
            env=environment(**given),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/", process, home / f"{name}.log")
        yield Running(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it says anything, be it that there is no such page."""
    deadline = monotonic() + STARTS_WITHIN
    while process.poll() is None and monotonic() < deadline:
        try:
            httpx.get(address, timeout=5)
        except httpx.TransportError:
            sleep(0.05)
        else:
            return
    raise RuntimeError(f"a peer does not answer: {log.read_text()[-1000:]}")


def _token(port: int) -> str:
    """Of a reader who signed up just now."""
    person = {"username": "reader", "email": "reader@example.org", "password": PASSWORD}
    address = f"http://127.0.0.1:{port}/api/v1/auth/register"
    answer = httpx.post(address, json=person, timeout=30).raise_for_status()
    return str(answer.json()["data"]["tokens"]["access_token"])


def _answer(port: int, post: str) -> bytes:
    """From the cache, as it came over HTTP but for what the server adds to every answer."""
    address = f"http://127.0.0.1:{port}/api/v2/posts/{post}"
    plain = {"Accept-Encoding": "identity"}
    _, answer = (
        httpx.get(address, headers=plain, timeout=30).raise_for_status() for _ in range(2)
    )
    lines = [
        name + b": " + value
        for name, value in answer.headers.raw
        if name.lower() not in {b"date", b"server"}
    ]
    return b"\r\n".join((*lines, b"", answer.content))


def _posts(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        return [row[0] for row in connection.execute(SOME_POSTS, [ASKED_FOR])]
