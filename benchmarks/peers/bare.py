"""The two limits: what the server can do, and what the driver and the encoder can do on it."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from serinus.domain.content.post_query import Part
from serinus.infrastructure.postgres.post_rows import columns_of, users_of
from serinus.presentation.http.asgi import Header, Receive, Scope, Send

EVERYTHING = frozenset(Part)
#: Byte for byte what engine v2 asks for a post.
SQL = f"""
    SELECT {columns_of(EVERYTHING)} FROM posts p {users_of(EVERYTHING)}
     WHERE p.id = $1 AND p.deleted_at IS NULL
"""  # noqa: S608 - put together from constants
_state: dict[str, Any] = {}


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """To everybody the bytes that Serinus has answered once, headers included."""
    if scope["type"] == "lifespan":
        _state["headers"], _state["body"] = _kept()
        await _live(receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _state["headers"]})
    await send({"type": "http.response.body", "body": _state["body"]})


async def read(scope: Scope, receive: Receive, send: Send) -> None:
    """One statement and its row, encoded."""
    if scope["type"] == "lifespan":
        url = os.environ["DATABASE_URL"]
        async with asyncpg.create_pool(url, min_size=1, max_size=10, reset=_keep) as pool:
            _state["pool"] = pool
            await _live(receive, send)
        return
    try:
        post_id = UUID(scope["path"].rpartition("/")[2])
    except ValueError:
        await _send(send, 404, b"{}")
        return
    row = await _state["pool"].fetchrow(SQL, post_id)
    await _send(send, 200, msgspec.json.encode(shown(row)))


def shown(row: asyncpg.Record) -> dict[str, Any]:
    post = dict(row)
    for terms in ("tags", "categories"):
        post[terms] = [
            {"id": id_, "slug": slug, "name": name} for id_, slug, name in row[terms]
        ]
    return post


def _kept() -> tuple[list[Header], bytes]:
    head, body = Path(os.environ["SERINUS_TEST_ANSWER"]).read_bytes().split(b"\r\n\r\n", 1)
    lines = (line.partition(b": ") for line in head.split(b"\r\n"))
    return [(name.lower(), value) for name, _, value in lines], body


async def _keep(_: asyncpg.Connection) -> None:
    """Connections go back as they are: engine v2 saves the round trip of a reset, too."""


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
