"""Made-up measurements: what a run would have found."""

from collections.abc import Sequence

from benchmarks.side_by_side.cases import (
    ADAPTER,
    BARE_ASGI,
    CONTRACT_V2,
    ENGINE_V1,
    FROM_CACHE,
    TARGETS,
    Case,
    Operation,
    Way,
)
from benchmarks.side_by_side.figures import Ratio
from benchmarks.side_by_side.findings import Findings, Measured, Part, Rate, Stack, Taken

ROUNDS = 9


def taken(seconds: float, rounds: int = ROUNDS) -> Taken:
    """Three requests in each round, which took about as long."""
    each = [[0.9 * seconds, seconds, 1.2 * seconds] for _ in range(rounds)]
    return Taken(each, [1 / seconds] * rounds, [seconds / 2] * rounds)


def measured(v2: float, v1: float = 0.1) -> Measured:
    """Every operation with a target, in these seconds on either engine."""
    ways: Sequence[tuple[Way, float]] = ((ENGINE_V1, v1), (ADAPTER, v2), (CONTRACT_V2, v2))
    found = {
        Case(operation, way, clients): taken(seconds)
        for operation in TARGETS
        for clients in (1, 8)
        for way, seconds in ways
    }
    found[Case(Operation.POST, FROM_CACHE, 8)] = taken(0.01)
    found[Case(Operation.POST, BARE_ASGI, 8)] = taken(0.005)
    return found


def findings(v2: float = 0.02) -> Findings:
    found = Findings(machine="a-machine", seconds=1.0, rounds=ROUNDS, load=[0.5, 1.5])
    found.add(measured(v2))
    found.parts = [Part("a part", "ms", 4.0, 1.0, "a < b")]
    found.stacks = [
        Stack(Operation.POST, ENGINE_V1.name, {"a piece": 1.0, "all the rest": 3.0}),
        Stack(Operation.POST, ADAPTER.name, {"a piece": 0.5, "all the rest": 0.5}),
    ]
    found.rates = [Rate("import", 1000.0, "posts/s")]
    return found


def between(least: float, ratio: float, most: float) -> Ratio:
    return Ratio(ratio, least, most)
