"""Running servers for cases: on engine v1, on engine v2, and at 50 %."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import psycopg

from serinus.domain.release.assignment import BOOT_SALT, bucket
from serinus.presentation.http.consumer import consumer_key
from tests.support.databases import Clones
from tests.support.engines import ENGINE_V1
from tests.support.proxy import Proxy
from tests.support.serving import SECRET, serving

#: Mode -> share of engine v2 in percent. Without engine v1 there is one.
MODES = {"v1": "0", "v2": "100", "50 %": "50"} if ENGINE_V1 else {"v2": "100"}
WAIT = 10.0  # seconds
ORIGIN = "https://pages.example.org"
SETTINGS = {
    "SERINUS_SECRET_KEY": SECRET,
    # Every case comes from an address of its own, so that both limits can be in force.
    "SERINUS_TRUSTED_PROXIES": "127.0.0.1/32",
    "SERINUS_RATE_LIMIT": "100",
    "SERINUS_LOGIN_RATE_LIMIT": "10",
    "SERINUS_CORS_ORIGINS": ORIGIN,
    # The rows of a case appear behind the server's back, many times a second.
    "SERINUS_CACHE_BYTES": "0",
    # What engine v2 fails is to be seen, and not what engine v1 makes of it.
    "SERINUS_RESCUE_MS": "0",
}
T = TypeVar("T")


class DatabaseLine:
    """The way from a server to its database, which can be cut. Runs in a thread."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._proxy = Proxy(parts.hostname or "", parts.port or 5432)
        self._run(self._proxy.come_back())
        there = parts.netloc.rpartition("@")[0]
        self.url = parts._replace(netloc=f"{there}@127.0.0.1:{self._proxy.port}").geturl()

    @contextmanager
    def cut(self) -> Iterator[None]:
        self._run(self._proxy.go_away())
        try:
            yield
        finally:
            self._run(self._proxy.come_back())

    def close(self) -> None:
        self._run(self._proxy.go_away())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT)


@dataclass(frozen=True)
class Served:
    """A server on a database of its own."""

    mode: str
    share: int  # basis points
    base: str
    http: httpx.Client
    database: "psycopg.Connection[Any]"
    line: DatabaseLine

    def engine(self, path: str, headers: Mapping[str, str], address: str) -> str:
        """Who must answer: an assignment is a promise, not an observation."""
        if not path.startswith("/api/v1"):
            return "v2"
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        consumer = consumer_key({"headers": raw}, address)
        return "v2" if bucket(BOOT_SALT, consumer) < self.share else "v1"


@contextmanager
def all_modes(clones: Clones, folder: Path) -> Iterator[dict[str, Served]]:
    """They start side by side: starting is mostly waiting and importing."""
    with ExitStack() as stack, ThreadPoolExecutor(len(MODES)) as threads:
        starting = []
        for mode in MODES:
            url = clones.take()
            stack.callback(clones.drop, url)
            kept = stack.enter_context(ExitStack())
            starting.append(threads.submit(kept.enter_context, served(mode, url, folder)))
        yield {server.mode: server for server in (each.result() for each in starting)}


@contextmanager
def served(mode: str, database_url: str, folder: Path) -> Iterator[Served]:
    line = DatabaseLine(database_url)
    settings = {"DATABASE_URL": line.url, "API_V2_TRAFFIC_PERCENTAGE": MODES[mode]}
    if mode == "v2":
        settings["USE_LEGACY_API_V1"] = "false"  # nothing may lean on what is not even imported
    try:
        with (
            serving(folder, **SETTINGS, **settings) as server,
            httpx.Client(timeout=30) as http,
            psycopg.connect(database_url, autocommit=True) as database,
        ):
            http.headers.clear()  # a case sends what it says and no more
            share = int(MODES[mode]) * 100
            yield Served(mode, share, server.address, http, database, line)
    finally:
        line.close()
