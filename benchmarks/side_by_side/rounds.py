"""Everybody has their turn in every round, next to those they are compared with."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from time import perf_counter

from benchmarks.side_by_side.asking import expected, requests
from benchmarks.side_by_side.cases import Case, cases, groups
from benchmarks.side_by_side.clients import load
from benchmarks.side_by_side.findings import Measured, Taken
from benchmarks.side_by_side.servers import Standing

SEED = 1  # of the order within each group, another one in each round


@dataclass(frozen=True, slots=True)
class Effort:
    """`seconds`: of each case in each round."""

    seconds: float
    rounds: int

    @classmethod
    def from_env(cls) -> "Effort":
        """`BENCH_SECONDS` and `BENCH_ROUNDS`."""
        seconds = float(os.environ.get("BENCH_SECONDS") or 1.0)
        return cls(seconds, int(os.environ.get("BENCH_ROUNDS") or 9))


def measure(standing: Standing, effort: Effort) -> Measured:
    measured: Measured = {case: Taken() for case in cases()}
    asked = {case: requests(case.operation, case.way, standing.known) for case in measured}
    for case in measured:  # until plans are made, pools are open and caches are warm
        _turn(standing, case, asked[case], min(effort.seconds, 0.5), Taken())
    random = Random(SEED)  # noqa: S311 - an order
    for _ in range(effort.rounds):
        for group in groups():
            for case in random.sample(group, len(group)):
                _turn(standing, case, asked[case], effort.seconds, measured[case])
    return measured


def _turn(
    standing: Standing, case: Case, asked: Iterator[bytes], seconds: float, into: Taken
) -> None:
    server = standing.servers[case.way.server]
    before, began = server.processor(), perf_counter()
    taken, refused = asyncio.run(
        load(server.port, asked, expected(case.operation), case.clients, seconds)
    )
    into.rates.append(len(taken) / (perf_counter() - began))
    into.processor.append((server.processor() - before) / len(taken))
    into.seconds.append(taken)
    into.refused += refused
