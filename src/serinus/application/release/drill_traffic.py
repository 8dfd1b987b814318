"""Who asks in a drill: consumers that exist only for it, and some that take no part in it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import ClassVar, Protocol

from serinus.domain.errors import Conflict
from serinus.domain.release.faults import Symptom

TOGETHER = 16  # requests
CONSUMERS = 400
OUTSIDERS = 25


class NoDrill(Conflict):
    """Where it would prove nothing, or disturb."""

    code: ClassVar = "drill_not_possible"


@dataclass(frozen=True, slots=True)
class Answered:
    """`epoch`: of the routing that the worker served; `seconds`: as the client saw it."""

    status: int
    engine: str
    epoch: int
    rescued: bool
    seconds: float


class Callers(Protocol):
    async def ask(self, consumer: str, fault: Symptom | None = None) -> Answered:
        """One read over HTTP, that no limit of clients counts. Raise `NoDrill` where nobody
        answers.
        """
        ...


@dataclass(slots=True)
class DrillTraffic:
    """`prefix`: of who takes part. `outside`: what the others were answered, and by whom.
    `first_bad`: when the candidate's first bad answer had come, by `clock`.
    """

    callers: Callers
    prefix: str
    clock: Callable[[], float]
    slow_ms: int
    asked: int = 0
    outside: Counter[tuple[int, str]] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    first_bad: float | None = None

    def consumers(self) -> Sequence[str]:
        """Each of them once, in an order that is the same for every drill."""
        return [f"{self.prefix}{n}" for n in range(CONSUMERS)]

    async def burst(
        self, names: Sequence[str] | None = None, fault: Symptom | None = None
    ) -> Sequence[Answered]:
        """All at once, and one of somebody else who asks for the same. None: who is next."""
        names = names or [
            f"{self.prefix}{(self.asked + n) % CONSUMERS}" for n in range(TOGETHER)
        ]
        *answers, _ = await asyncio.gather(
            *(self._ask(name, fault) for name in names), self.ask_outside(fault)
        )
        self.asked += len(names)
        return answers

    async def ask_outside(self, fault: Symptom | None = None) -> Answered:
        number = sum(self.outside.values()) % OUTSIDERS
        answered = await self.callers.ask(f"not-{self.prefix}{number}", fault)
        self.outside[answered.status, answered.engine] += 1
        return answered

    async def _ask(self, name: str, fault: Symptom | None) -> Answered:
        answered = await self.callers.ask(name, fault)
        slow = answered.engine == "v2" and answered.seconds * 1000 > self.slow_ms
        how = {"rescued": answered.rescued, "failed": answered.status >= 500, "slow": slow}
        self.bad.update(what for what, so in how.items() if so)
        if self.first_bad is None and any(how.values()):
            self.first_bad = self.clock()
        return answered


def reckoned(salt: str, key: str) -> int:
    """The bucket, by `docs/assignment.md` and not by the code that serves: whoever is wrong
    there shall not be wrong here.
    """
    digest = blake2b(b"%s\0%s" % (salt.encode(), key.encode()), digest_size=8).hexdigest()
    return int(digest, 16) % 10_000
