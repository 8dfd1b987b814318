"""The statements that somebody sent, and what each of them costs the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
from asyncpg.connection import LoggedQuery


@contextmanager
def listening(connection: asyncpg.Connection) -> Iterator[list[LoggedQuery]]:
    """Collect what is sent. A pool of one connection has no other way to send it."""
    sent: list[LoggedQuery] = []
    connection.add_query_logger(sent.append)
    try:
        yield sent
    finally:
        connection.remove_query_logger(sent.append)


@dataclass(frozen=True)
class Cost:
    """`buffers`: pages of 8 kB, in memory or not. `scanned`: tables read from end to end."""

    buffers: int
    scanned: frozenset[str]
    plan: dict[str, Any]


async def cost_of(connection: asyncpg.Connection, sql: str, *arguments: object) -> Cost:
    """Run it, and see."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}"
    told = await connection.fetchval(explain, *arguments)
    plan = (told if isinstance(told, list) else msgspec.json.decode(told))[0]["Plan"]
    buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return Cost(buffers, frozenset(_scanned(plan)), plan)


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] in {"Seq Scan", "Parallel Seq Scan"} and plan.get("Actual Loops"):
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from _scanned(below)
