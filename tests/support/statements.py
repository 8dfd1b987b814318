"""The statements that somebody sent, and what each of them costs the database."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
from asyncpg.connection import LoggedQuery
from asyncpg.pool import PoolConnectionProxy


@asynccontextmanager
async def listening(pool: asyncpg.Pool) -> AsyncIterator[list[LoggedQuery]]:
    """Collect what is sent through a pool of one connection."""
    sent: list[LoggedQuery] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(sent.append)
    try:
        yield sent
    finally:
        async with pool.acquire() as connection:
            connection.remove_query_logger(sent.append)


@dataclass(frozen=True)
class Cost:
    """`buffers`: pages of 8 kB, in memory or not. `scanned`: tables read from end to end."""

    buffers: int
    scanned: frozenset[str]
    plan: dict[str, Any]


async def cost_of(connection: PoolConnectionProxy, sql: str, *arguments: object) -> Cost:
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
