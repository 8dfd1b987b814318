"""`make bench`: what engine v2 has to save of engine v1's time, measured over HTTP.

The last two say why, and what else was measured; nothing is asked of their numbers.
"""

import pytest

from benchmarks.side_by_side.cases import Case, Replay, cases
from benchmarks.side_by_side.findings import Findings, with_targets
from benchmarks.side_by_side.rates import rates
from benchmarks.side_by_side.servers import Standing
from benchmarks.side_by_side.why import explain


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_everything_is_answered(case: Case, replayed: Replay) -> None:
    replayed(case)


@pytest.mark.parametrize("name", with_targets())
def test_engine_v2_saves_what_it_has_to(name: str, findings: Findings) -> None:
    found = findings.one(name)

    assert found.met, f"{found.against.saved:.1%} saved of {found.target:.0%}"


def test_the_parts_are_measured(findings: Findings, standing: Standing) -> None:
    explain(findings, standing)

    assert findings.parts


def test_rates_are_measured(findings: Findings, standing: Standing) -> None:
    findings.rates = rates(findings, standing)

    assert all(rate.value > 0 for rate in findings.rates)
