"""Measured once for all tests of a run. pytest-benchmark stores and shows what was measured.

It would run one case after the other to its end; so the rounds are run here, interleaved, and
its clock is given what each request has taken.
"""

from collections.abc import Iterator
from os import getloadavg
from pathlib import Path
from typing import Any

import pytest

from benchmarks.side_by_side import baseline, rounds
from benchmarks.side_by_side.cases import Case, Replay
from benchmarks.side_by_side.findings import Findings, Measured
from benchmarks.side_by_side.page import page
from benchmarks.side_by_side.servers import Standing, standing
from benchmarks.side_by_side.table import lines
from benchmarks.side_by_side.written import write

FOLDER = Path("build/bench")
FOUND = pytest.StashKey[Findings]()


def pytest_configure() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """The report may be published: it says what kind of machine, not which one."""
    machine_info["node"] = baseline.machine()


@pytest.fixture(scope="session", name="standing")
def standing_servers() -> Iterator[Standing]:
    with standing() as servers:
        yield servers


@pytest.fixture(scope="session")
def effort() -> rounds.Effort:
    return rounds.Effort.from_env()


@pytest.fixture(scope="session")
def measured(standing: Standing, effort: rounds.Effort) -> Measured:
    return rounds.measure(standing, effort)


@pytest.fixture(scope="session")
def findings(request: pytest.FixtureRequest, effort: rounds.Effort) -> Findings:
    found = Findings(machine=baseline.machine(), seconds=effort.seconds, rounds=effort.rounds)
    found.load.append(getloadavg()[0])
    found.add(request.getfixturevalue("measured"))
    found.load.append(getloadavg()[0])
    request.config.stash[FOUND] = found
    return found


@pytest.fixture
def replayed(request: pytest.FixtureRequest, measured: Measured) -> Replay:
    def replay(case: Case) -> None:
        taken = [each for seconds in measured[case].seconds for each in seconds]
        group = f"{case.operation}, {case.clients} clients"
        request.node.add_marker(pytest.mark.benchmark(group=group, timer=_Clock(taken)))
        benchmark = request.getfixturevalue("benchmark")
        benchmark.pedantic(lambda: None, rounds=len(taken))
        benchmark.extra_info["rates"] = measured[case].rates

    return replay


class _Clock:
    """Asked before and after: what passes in between is the next of those seconds."""

    def __init__(self, taken: list[float]) -> None:
        self._taken, self._now, self._runs = iter(taken), 0.0, False

    def __call__(self) -> float:
        if self._runs:
            self._now += next(self._taken)
        self._runs = not self._runs
        return self._now


def pytest_sessionfinish(session: pytest.Session) -> None:
    found = session.config.stash.get(FOUND, None)
    if found is not None:
        write(found, page(found), FOLDER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = terminalreporter.config.stash.get(FOUND, None)
    if found is not None:
        terminalreporter.section("side by side")
        for line in lines(found):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"report: {FOLDER / 'report.html'}")
