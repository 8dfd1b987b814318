"""Plays a script before both engines, and finds the first thing they do not agree about."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest

from tests.contract.v1.engines import ENGINES
from tests.contract.v1.equivalence.naming import ids_and_times
from tests.contract.v1.equivalence.steps import Step
from tests.contract.v1.equivalence.worlds import World, rows_of, world
from tests.support.databases import Clones

Rows = list[object]


class Difference(AssertionError):
    """The engines do not agree."""


@dataclass
class Stage:
    """A world of each engine, the same at the beginning, and a count of what was played."""

    worlds: list[World]
    fixed: frozenset[str]
    runner: asyncio.Runner
    counts: Counter[str] = field(default_factory=Counter)

    def play(self, script: Sequence[Step]) -> None:
        """Raise `Difference`."""
        try:
            self.runner.run(self._play(script))
        except Difference:
            self.counts["differences"] = 1
            raise

    async def _play(self, script: Sequence[Step]) -> None:
        for each in self.worlds:
            await each.begin(self.fixed)
        for number, step in enumerate(script, 1):
            (status, first), (_, second) = [await each.take(step) for each in self.worlds]
            self.counts.update(["operations", str(status)])
            if first != second:
                raise Difference(f"step {number}, {step}\nv1: {first}\nv2: {second}")
        first_rows, second_rows = [await each.contents() for each in self.worlds]
        for table, rows in first_rows.items():
            if rows != second_rows[table]:
                raise Difference(f"{table}:\n{_differing(rows, second_rows[table])}")
        self.counts["sequences"] += 1


@contextmanager
def staged(clones: Clones) -> Iterator[Stage]:
    urls = [clones.take() for _ in ENGINES]
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def opened() -> tuple[list[World], frozenset[str]]:
            worlds = [
                await stack.enter_async_context(world(engine, url))
                for engine, url in zip(ENGINES, urls, strict=True)
            ]
            first, second = [
                ids_and_times(list((await rows_of(each.pool)).values())) for each in worlds
            ]
            return worlds, first & second

        try:
            worlds, fixed = runner.run(opened())
            yield Stage(worlds, fixed, runner)
        finally:
            runner.run(stack.aclose())
    for url in urls:
        clones.drop(url)


def _differing(first: Rows, second: Rows) -> str:
    return "\n".join(
        f"v1: {one}\nv2: {other}" for one, other in zip_longest(first, second) if one != other
    )
