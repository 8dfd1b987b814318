"""Pieces of the work alone, in this process, as each engine does them: median milliseconds."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from benchmarks.side_by_side.asking import PASSWORD
from serinus.domain.content.post import Post, PostId
from serinus.domain.content.post_query import Part
from serinus.infrastructure.credentials.password_hashes import ARGON2ID
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.post_reader import PostgresPostReader
from serinus.infrastructure.postgres.post_rows import columns_of, users_of
from serinus.presentation.http.v1.envelope import ok
from serinus.presentation.http.v1.shapes import PostDto

ROUNDS, HASHES = 200, 7
EVERYTHING = frozenset(Part)
#: A statement and what is put into it.
Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Both:
    """The same piece on engine v1 and on engine v2, in milliseconds."""

    v1: float
    v2: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """`asked`: the same statements of a read through the driver alone; `read`: with all that
    makes objects of rows; `encoded`: these objects into a body of contract v1.
    """

    hashed: Both
    asked: Both
    read: Both
    encoded: Both


async def pieces(url: str, post: str) -> Pieces:
    from serinus.legacy.authentication import Caller  # noqa: PLC0415 - while there is an engine v1
    from serinus.legacy.database import create_engine  # noqa: PLC0415
    from serinus.legacy.models import Role, User  # noqa: PLC0415
    from serinus.legacy.post_queries import find_post  # noqa: PLC0415

    engine, pool = create_engine(url, 1), await open_pool(url, size=1)
    sessions, reader = async_sessionmaker(engine), PostgresPostReader(pool)
    caller = Caller(User(id=UUID(int=1), role=Role.SUBSCRIBER))

    async def by_mapper() -> Any:  # noqa: ANN401 - a row of engine v1
        async with sessions() as session:
            return await find_post(session, caller, UUID(post))

    async def by_reader() -> Post:
        return await reader.one(PostId(UUID(post)), EVERYTHING)

    try:
        statements = await _statements(engine, by_mapper)
        asked = await _asked(url, post, statements)
        read = Both(*await _in_turns(by_mapper, by_reader))
        encoded = _encoded(await by_mapper(), await by_reader())
    finally:
        await engine.dispose()
        await pool.close()
    return Pieces(await _hashed(), asked, read, encoded)


async def _statements(
    engine: AsyncEngine, work: Callable[[], Awaitable[object]]
) -> list[Statement]:
    found: list[Statement] = []

    def note(_c: object, _: object, sql: str, values: Any, *_more: object) -> None:  # noqa: ANN401
        found.append((sql, tuple(values)))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    await work()
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    return found


async def _asked(url: str, post: str, statements: list[Statement]) -> Both:
    """Engine v1's within a transaction, as it has one."""
    sql = f"""
        SELECT {columns_of(EVERYTHING)} FROM posts p {users_of(EVERYTHING)}
         WHERE p.id = $1 AND p.deleted_at IS NULL
    """  # noqa: S608 - put together from constants
    connection = await asyncpg.connect(url)

    async def several() -> None:
        async with connection.transaction():
            for statement, values in statements:
                await connection.fetch(statement, *values)

    async def one() -> None:
        await connection.fetchrow(sql, UUID(post))

    try:
        return Both(*await _in_turns(several, one))
    finally:
        await connection.close()


def _encoded(row: Any, post: Post) -> Both:  # noqa: ANN401 - a row of engine v1
    from serinus.legacy.envelope import Envelope  # noqa: PLC0415 - while there is an engine v1
    from serinus.legacy.schemas import PostDto as Dto  # noqa: PLC0415

    shape = Envelope[Dto]
    v1 = _median(lambda: shape(data=Dto.of(row)).model_dump_json().encode())
    v2 = _median(lambda: msgspec.json.encode(ok(PostDto.of(post))))
    return Both(v1, v2)


async def _hashed() -> Both:
    from serinus.legacy.passwords import Passwords  # noqa: PLC0415 - while there is an engine v1

    passwords = Passwords(rounds=12)
    try:
        return Both(
            *await _in_turns(
                lambda: passwords.hash(PASSWORD),
                lambda: asyncio.to_thread(ARGON2ID.hash, PASSWORD),
                rounds=HASHES,
            )
        )
    finally:
        passwords.close()


async def _in_turns(
    *works: Callable[[], Awaitable[object]], rounds: int = ROUNDS
) -> list[float]:
    """Median milliseconds of each; what else the machine does meets all of them."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(rounds + rounds // 5):
        for work, mine in zip(works, taken, strict=True):
            began = perf_counter()
            await work()
            if number >= rounds // 5:  # before that it warms up
                mine.append(perf_counter() - began)
    return [1000 * statistics.median(mine) for mine in taken]


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = perf_counter()
        work()
        taken.append(perf_counter() - began)
    return 1000 * statistics.median(taken)
