"""What a run found, as it is written down, and whether targets are met."""

from dataclasses import dataclass, field

from benchmarks.side_by_side.cases import (
    ADAPTER,
    ANSWERED,
    CLIENTS,
    CONTRACT_V2,
    ENGINE_V1,
    LIMITS,
    OVERALL,
    TARGETS,
    Case,
    Operation,
)
from benchmarks.side_by_side.figures import Ratio, Timing, middle, ratio, timing, together

ALL = "overall"
REST = "all the rest"  # of a request, which no piece accounts for


@dataclass(slots=True)
class Taken:
    """Of one case, in each round: seconds of each request, requests a second, and seconds of
    the processor for each request, of the server without its database.
    """

    seconds: list[list[float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    refused: int = 0


Measured = dict[Case, Taken]


@dataclass(frozen=True, slots=True)
class Answered:
    """A line of the table. `processor`: milliseconds a request; `refused`: how often a client
    was told that the server is too busy, and asked again.
    """

    operation: str
    way: str
    clients: int
    timing: Timing
    processor: float
    refused: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A way against engine v1. `target`: what has to be saved; None: nothing is asked for."""

    operation: str
    way: str
    clients: int
    against: Ratio
    target: float | None

    @property
    def name(self) -> str:
        return f"{self.operation}, {self.way}, {self.clients}"

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.against.saved >= self.target


@dataclass(frozen=True, slots=True)
class Limit:
    """`reached`: the share of the bare one's rate."""

    way: str
    bare: str
    reached: Ratio
    budget: float

    @property
    def met(self) -> bool:
        return self.reached.ratio >= self.budget


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the work, as engine v1 and engine v2 do it."""

    name: str
    unit: str
    v1: float
    v2: float
    says: str


@dataclass(frozen=True, slots=True)
class Stack:
    """What a request of one client is made of on an engine, in milliseconds, piece by piece."""

    operation: str
    way: str
    pieces: dict[str, float]


@dataclass(frozen=True, slots=True)
class Rate:
    """Something that is told beside the rest."""

    name: str
    value: float
    unit: str


@dataclass(slots=True, kw_only=True)
class Findings:
    """`load`: of the machine, before and after."""

    machine: str
    seconds: float
    rounds: int
    load: list[float] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)

    def add(self, measured: Measured) -> None:
        self.answered = [_answered(case, taken) for case, taken in measured.items()]
        self.compared = compared(measured)
        self.limits = limits(measured)

    def timing(self, case: Case) -> Timing:
        wanted = (case.operation, case.way.name, case.clients)
        return next(
            each.timing
            for each in self.answered
            if (each.operation, each.way, each.clients) == wanted
        )

    def one(self, name: str) -> Compared:
        return next(each for each in self.compared if each.name == name)


def compared(measured: Measured) -> list[Compared]:
    """With engine v1, everything it does too; then all that has a target together."""
    found = []
    for case, taken in measured.items():
        base = measured.get(Case(case.operation, ENGINE_V1, case.clients))
        if base is None or case.way is ENGINE_V1:
            continue
        target = TARGETS.get(case.operation) if case.way in {ADAPTER, CONTRACT_V2} else None
        against = ratio(taken.seconds, base.seconds)
        found.append(Compared(case.operation, case.way.name, case.clients, against, target))
    return found + _overall(found)


def _overall(found: list[Compared]) -> list[Compared]:
    everything = []
    for way in (ADAPTER, CONTRACT_V2):
        for clients in CLIENTS:
            those = [
                each.against
                for each in found
                if each.target and (each.way, each.clients) == (way.name, clients)
            ]
            if len(those) == len(TARGETS):
                whole = together(those)
                everything.append(Compared(ALL, way.name, clients, whole, OVERALL))
    return everything


def limits(measured: Measured) -> list[Limit]:
    found = []
    for way, bare, budget in LIMITS:
        ours, theirs = (
            measured.get(Case(Operation.POST, each, CLIENTS[-1])) for each in (way, bare)
        )
        if ours and theirs:
            pairs = zip(ours.rates, theirs.rates, strict=True)
            reached = middle([our / their for our, their in pairs])
            found.append(Limit(way.name, bare.name, reached, budget))
    return found


def with_targets() -> list[str]:
    """Names of all that has to meet one."""
    operations = [*(o for o in ANSWERED if o in TARGETS), ALL]
    return [
        f"{operation}, {way.name}, {clients}"
        for operation in operations
        for way in (ADAPTER, CONTRACT_V2)
        for clients in CLIENTS
    ]


def _answered(case: Case, taken: Taken) -> Answered:
    processor = 1000 * middle(taken.processor).ratio
    told = timing(taken.seconds, taken.rates)
    return Answered(case.operation, case.way.name, case.clients, told, processor, taken.refused)
