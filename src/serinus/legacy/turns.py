"""Writes of posts that wait in a circle with others', run again."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from serinus.legacy.authentication import Caller
from serinus.legacy.database import sqlstate

P = ParamSpec("P")
T = TypeVar("T")

DEADLOCK = "40P01"
#: Each circle that is broken lets another writer through.
MAX_TURNS = 8


def again_after_deadlock(
    write: Callable[Concatenate[AsyncSession, Caller, P], Awaitable[T]],
) -> Callable[Concatenate[AsyncSession, Caller, P], Awaitable[T]]:
    """All that it did is undone when it was chosen to give way, so it is done from the start.

    Writers of one post take their locks in one order. Who changes several posts in one
    transaction cannot: the next post may need a tag that sorts before those of the last one.
    """

    @wraps(write)
    async def in_turn(
        session: AsyncSession, caller: Caller, /, *args: P.args, **options: P.kwargs
    ) -> T:
        for _ in range(MAX_TURNS - 1):
            try:
                return await write(session, caller, *args, **options)
            except DBAPIError as error:
                if sqlstate(error) != DEADLOCK:
                    raise
            await session.rollback()
            await session.refresh(caller.user)  # forgotten with all else that was read
        return await write(session, caller, *args, **options)

    return in_turn
