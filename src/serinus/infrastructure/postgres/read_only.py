"""Connections on which nothing can be written, and who is told when somebody tries.

PostgreSQL refuses it, whatever the statement: nobody has to know beforehand which ones write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import asyncpg
from asyncpg.connection import LoggedQuery

from serinus.infrastructure.postgres.connecting import SESSION
from serinus.infrastructure.postgres.pool import BoundedPool, bounded_pool, speak_json


@dataclass(slots=True)
class Attempts:
    """Of one piece of work. `wrote`: it tried to; known one step of the loop later."""

    wrote: bool = False


_WATCHED: ContextVar[Attempts | None] = ContextVar("attempts to write", default=None)


@contextmanager
def watched() -> Iterator[Attempts]:
    """What is done meanwhile, in this task, on connections of such a pool."""
    attempts = Attempts()
    token = _WATCHED.set(attempts)
    try:
        yield attempts
    finally:
        _WATCHED.reset(token)


def read_only_pool(url: str, *, size: int, statement_timeout: float) -> BoundedPool:
    """Await it before it is used; connections are opened when they are needed.
    `statement_timeout`: seconds. Raise `DatabaseUnreachable` where the URL is none.
    """
    session = SESSION | {
        "application_name": "serinus: compares",
        "default_transaction_read_only": "on",
        "statement_timeout": str(int(statement_timeout * 1000)),
    }
    return bounded_pool(url, least=0, most=size, session=session, prepare=_prepared)


async def _prepared(connection: asyncpg.Connection) -> None:
    await speak_json(connection)
    connection.add_query_logger(_look_at)


def _look_at(query: LoggedQuery) -> None:
    attempts = _WATCHED.get()
    if attempts and isinstance(query.exception, asyncpg.ReadOnlySQLTransactionError):
        attempts.wrote = True
