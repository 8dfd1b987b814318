"""Writes that lost a race, run again."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import asyncpg

from serinus.domain.errors import Unavailable
from serinus.infrastructure.postgres.failures import translate_errors

T = TypeVar("T")

#: Of n writers that want the same new name one wins each round, so the last needs n rounds.
MAX_ROUNDS = 64


class LostRace(Exception):
    """Another writer was faster; on a fresh snapshot the same write can succeed."""


async def in_rounds(write: Callable[[], Awaitable[T]]) -> T:
    """Run it until it loses no race. A deadlock counts as lost, and nothing has been written.

    Raise what it raises, and `Unavailable` when the database is away or rounds run out.
    """
    for _ in range(MAX_ROUNDS):
        with suppress(LostRace):
            return await _attempt(write)
    raise Unavailable("too many writers want the same at once")


async def _attempt(write: Callable[[], Awaitable[T]]) -> T:
    with translate_errors():
        try:
            return await write()
        except asyncpg.DeadlockDetectedError as error:
            raise LostRace from error
