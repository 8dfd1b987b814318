"""Runs engine v1 in process, and speaks to it as its clients do."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI
from sqlalchemy import QueuePool, event
from uuid_utils.compat import uuid7

from serinus.legacy.application import create_app
from serinus.legacy.configuration import LegacyConfiguration
from serinus.legacy.resources import Resources
from serinus.legacy.tokens import Claims

SEED, FORMER_SEED = b"s" * 32, b"f" * 32
PASSWORD = "a long enough password"


def configuration(database_url: str, **changes: Any) -> LegacyConfiguration:
    settings: dict[str, Any] = {
        "database_url": database_url,
        "signing_seeds": (SEED, FORMER_SEED),
        "access_ttl": 900,
        "common_passwords": frozenset({"password123"}),
        "version": "1.2.3",
        "login_limit": None,
        "cache_check": None,
    }
    return LegacyConfiguration(**{**settings, **changes})


@dataclass(frozen=True, slots=True)
class Person:
    """An account that is signed in."""

    id: UUID
    session_id: UUID
    headers: dict[str, str]


class Statement(NamedTuple):
    sql: str
    parameters: tuple[object, ...]


class Engine:
    """`state`: what the layer in front puts into the scope of every request."""

    def __init__(
        self, app: FastAPI, client: httpx.AsyncClient, url: str, state: dict[str, str]
    ) -> None:
        self.app = app
        self.client = client
        self.url = url
        self.state = state

    @property
    def resources(self) -> Resources:
        resources: Resources = self.app.state.resources
        return resources

    @property
    def pool(self) -> QueuePool:
        pool = self.resources.engine.sync_engine.pool
        assert isinstance(pool, QueuePool)
        return pool

    async def call(
        self,
        method: str,
        path: str,
        person: Person | None = None,
        body: object = None,
        **options: Any,
    ) -> httpx.Response:
        headers = {**(person.headers if person else {}), **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    async def data(self, *arguments: Any, **options: Any) -> Any:
        """The data of a call that must succeed."""
        answer = await self.call(*arguments, **options)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    async def refusal(self, *arguments: Any, **options: Any) -> tuple[int, str]:
        """Status and text of a call that must fail, after a look at the envelope."""
        answer = await self.call(*arguments, **options)
        body = answer.json()
        assert list(body)[:4] == ["success", "data", "message", "error"]
        assert body["success"] is False
        return answer.status_code, body["error"]

    async def person(self, role: str = "author") -> Person:
        """Somebody who signed in a moment ago, without the price of a password."""
        user_id, session_id, now = uuid7(), uuid7(), datetime.now(UTC)
        name = f"{role}-{secrets.token_hex(4)}"
        await self.execute(
            """
            INSERT INTO users (id, username, username_key, email, role, created_at, updated_at)
            VALUES ($1, $2, $2, $3, $4, $5, $5)
            """,
            *(user_id, name, f"{name}@example.com", role, now),
        )
        await self.execute(
            """
            INSERT INTO sessions (id, user_id, remember, created_at, expires_at)
            VALUES ($1, $2, false, $3, $4)
            """,
            *(session_id, user_id, now, now + timedelta(hours=1)),
        )
        token = self.resources.tokens.issue(Claims(user_id, session_id), now)
        return Person(user_id, session_id, {"Authorization": f"Bearer {token}"})

    async def post(self, author: Person, **members: Any) -> dict[str, Any]:
        body = {"title": "A title", "content": "Some content", **members}
        post: dict[str, Any] = await self.data("POST", "/posts", author, body)
        return post

    async def execute(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Look into the database, past the engine."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(sql, *arguments)
        finally:
            await connection.close()

    async def plan(self, statement: Statement) -> str:
        """How the database would go about it, if its tables were too large to be read whole."""
        settings = {"enable_seqscan": "off", "enable_bitmapscan": "off"}
        connection = await asyncpg.connect(self.url, server_settings=settings)
        try:
            rows = await connection.fetch(f"EXPLAIN {statement.sql}", *statement.parameters)
        finally:
            await connection.close()
        return "\n".join(row[0] for row in rows)

    @contextmanager
    def statements(self) -> Iterator[list[Statement]]:
        """Every statement that the engine sends meanwhile, BEGIN and the like aside."""
        sent: list[Statement] = []

        def note(_: object, __: object, sql: str, parameters: Any, *___: object) -> None:
            sent.append(Statement(sql, tuple(parameters)))

        engine = self.resources.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        yield sent
        event.remove(engine, "before_cursor_execute", note)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Send `startup` and `shutdown` as a server would, in a task of their own."""
    received: asyncio.Queue[Any] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    server = asyncio.create_task(app(scope, received.get, sent.put))
    await received.put({"type": "lifespan.startup"})
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    try:
        yield
    finally:
        await received.put({"type": "lifespan.shutdown"})
        assert (await sent.get())["type"] == "lifespan.shutdown.complete"
        await server


@asynccontextmanager
async def running(settings: LegacyConfiguration) -> AsyncIterator[Engine]:
    app = create_app(settings)
    state: dict[str, str] = {}

    async def in_front(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    transport = httpx.ASGITransport(in_front, client=("192.0.2.7", 4711))
    async with (
        lifespan(app),
        httpx.AsyncClient(transport=transport, base_url="http://v1.test") as client,
    ):
        yield Engine(app, client, settings.database_url, state)
