"""What is printed at the end about the tests of contract v1.

A plugin of its own, since the process that prints has not collected the tests when they run
in others.
"""

from collections import Counter
from typing import cast

import pytest

from tests.contract.v1.equivalence import tally

#: Property of a test that has played a case: [case, mode, engine of each answer].
PLAYED = "contract v1"
HALF = "50 %"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _print_cases(terminalreporter)
    _print_sequences(terminalreporter)


def _print_cases(terminal: pytest.TerminalReporter) -> None:
    played: list[tuple[list[str], bool]] = [
        (list(map(str, cast("list[object]", value))), report.passed)
        for reports in terminal.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == PLAYED
    ]
    if not played:
        return
    cases = {case for (case, *_), _ in played}
    terminal.write_line("")
    terminal.write_line(
        f"contract v1: {len(cases):,} cases, {_where({mode for (_, mode, *_), _ in played})}: "
        f"{len(played):,} runs{_failures(sum(not passed for _, passed in played))}"
    )
    split = Counter(
        engine for (_, mode, *engines), _ in played if mode == HALF for engine in engines
    )
    if split:
        each = " and ".join(
            f"{split[name]:,} answers by engine {name}" for name in ("v1", "v2")
        )
        terminal.write_line(f"contract v1: at {HALF}, {each}")


def _print_sequences(terminal: pytest.TerminalReporter) -> None:
    played = tally.total([*terminal.getreports("passed"), *terminal.getreports("failed")])
    if played:
        terminal.write_line(tally.in_words(played))


def _where(modes: set[str]) -> str:
    on = [f"engine {mode}" for mode in ("v1", "v2") if mode in modes]
    places = [f"on {', '.join(on)}"] if on else []
    return " and ".join(places + [f"at {HALF}"] * (HALF in modes))


def _failures(count: int) -> str:
    return f", {count:,} failed" if count else ""
