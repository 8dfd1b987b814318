"""Comparing with a stored run: by ratios, and only what is more than chance."""

from pathlib import Path

import pytest

from benchmarks.side_by_side.baseline import (
    Baseline,
    NoBaseline,
    machine,
    of,
    regressions,
    store,
    stored,
)
from benchmarks.side_by_side.cases import BARE_ASGI, Case, Operation
from benchmarks.side_by_side.findings import Compared
from tests.benchmarks.measured import between, findings, measured, taken


def one(least: float, ratio: float, most: float) -> list[Compared]:
    return [Compared("post get", "v2", 8, between(least, ratio, most), 0.66)]


BEFORE = Baseline("a-machine", 1.0, {"post get, v2, 8": between(0.09, 0.10, 0.11)})


def test_a_run_is_no_regression_of_itself(tmp_path: Path) -> None:
    found = findings()

    store(found, tmp_path)

    baseline = stored("a-machine", tmp_path)
    assert baseline == of(found)
    assert regressions(found.compared, baseline) == []


def test_a_machine_twice_as_slow_is_no_regression() -> None:
    slow = findings()
    slow.add(measured(v2=0.04, v1=0.2))

    assert regressions(slow.compared, of(findings(v2=0.02))) == []


def test_what_is_much_slower_than_before_is_told() -> None:
    (told,) = regressions(one(0.38, 0.40, 0.42), BEFORE)

    assert told.startswith("post get, v2, 8: 0.400 of engine v1's time")


def test_what_may_be_chance_is_not_told() -> None:
    assert regressions(one(0.10, 0.40, 0.90), BEFORE) == []


def test_what_is_a_little_slower_is_not_told() -> None:
    assert regressions(one(0.115, 0.12, 0.125), BEFORE) == []


def test_what_the_baseline_does_not_know_is_not_compared() -> None:
    assert regressions(one(0.8, 0.9, 1.0), Baseline("a-machine", 1.0, {})) == []


def test_without_a_baseline_there_is_a_way_to_one(tmp_path: Path) -> None:
    with pytest.raises(NoBaseline, match="make bench-baseline"):
        stored("a-machine", tmp_path)


def test_peers_are_not_kept_in_a_baseline() -> None:
    found, peer = measured(v2=0.02), Case(Operation.POST, BARE_ASGI, 1)
    found[peer] = taken(0.01)
    told = findings()
    told.add(found)

    assert peer.name in {each.name for each in told.compared}
    assert peer.name not in of(told).ratios


def test_a_machine_is_called_by_its_kind() -> None:
    system, _, processors, python = machine().split("-")

    assert system.isalnum()
    assert processors.endswith("cpu")
    assert python.startswith("py3")
