"""Which PostgreSQL and Redis the tests use, started once for a run however many workers it has.

In this order: `TEST_DATABASE_URL` and `TEST_REDIS_URL`; containers, when an engine answers;
servers from wheels. `SERINUS_TEST_SERVERS=env|containers|embedded` insists on one of them.
The process that owns the run starts and stops them; xdist's workers are handed the addresses.
"""

import os
from contextlib import ExitStack
from dataclasses import asdict
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit

from tests.support import containers, embedded
from tests.support.databases import Template
from tests.support.running import ServerMissing

Source = Literal["env", "containers", "embedded"]
SOURCES: tuple[Source, ...] = ("env", "containers", "embedded")
VARIABLES = {"postgresql": "TEST_DATABASE_URL", "redis": "TEST_REDIS_URL"}


class Servers:
    """Both servers, each started when first asked for."""

    def __init__(self) -> None:
        self._stops = ExitStack()

    @cached_property
    def template(self) -> Template:
        source = self.source_of("postgresql")
        if source == "env":
            url = os.environ["TEST_DATABASE_URL"]
        else:
            start = (
                containers.start_postgres if source == "containers" else embedded.start_postgres
            )
            running = start()
            self._stops.callback(running.stop)
            url = running.url
        template = Template.make(url)
        if source == "env":
            self._stops.callback(template.drop_all)
        return template

    @cached_property
    def redis(self) -> str:
        source = self.source_of("redis")
        if source == "env":
            return os.environ["TEST_REDIS_URL"]
        start = containers.start_redis if source == "containers" else embedded.start_valkey
        running = start()
        self._stops.callback(running.stop)
        return running.url

    def close(self) -> None:
        self._stops.close()

    def handed_over(self) -> dict[str, str]:
        """Start both, and put into plain values what a worker needs."""
        return {**asdict(self.template), "redis": self.redis}

    def source_of(self, kind: str) -> Source:
        """Decide where a server comes from, without starting it."""
        wanted = os.environ.get("SERINUS_TEST_SERVERS")
        if wanted is not None:
            return self._insist(wanted, kind)
        if os.environ.get(VARIABLES[kind]):
            return "env"
        return "containers" if self._engine_answers else "embedded"

    def describe(self, kind: str) -> str:
        """One line for pytest's header: `postgresql: embedded 18.1`."""
        try:
            source = self.source_of(kind)
            return f"{kind}: {source} {_detail(kind, source)}"
        except ServerMissing as missing:
            return f"{kind}: missing, {missing}"

    @cached_property
    def _engine_answers(self) -> bool:
        return containers.engine_answers()

    def _insist(self, wanted: str, kind: str) -> Source:
        if wanted not in SOURCES:
            raise ServerMissing(
                f"SERINUS_TEST_SERVERS is none of {', '.join(SOURCES)}: {wanted}"
            )
        if wanted == "env" and not os.environ.get(VARIABLES[kind]):
            raise ServerMissing(f"SERINUS_TEST_SERVERS=env, and {VARIABLES[kind]} is not set")
        if wanted == "containers" and not self._engine_answers:
            raise ServerMissing(
                "SERINUS_TEST_SERVERS=containers, and no container engine answers"
            )
        return wanted


class WorkerServers(Servers):
    """What a worker of xdist sees: servers that somebody else runs."""

    def __init__(self, handed: dict[str, str]) -> None:
        super().__init__()
        self._handed = handed

    @cached_property
    def template(self) -> Template:
        return Template(self._handed["server"], self._handed["name"])

    @cached_property
    def redis(self) -> str:
        return self._handed["redis"]


def _detail(kind: str, source: Source) -> str:
    match source:
        case "env":
            parts = urlsplit(os.environ[VARIABLES[kind]])
            return f"{parts.hostname}:{parts.port}"
        case "containers":
            return containers.REDIS_IMAGE if kind == "redis" else containers.POSTGRES_IMAGE
        case "embedded" if kind == "redis":
            return f"valkey {embedded.valkey_version()}"
        case "embedded":
            return embedded.postgres_version()
