"""`make bench-compare`: nothing got slower, against engine v1, than it was in the baseline."""

import pytest

from benchmarks.side_by_side.baseline import machine, regressions, stored
from benchmarks.side_by_side.findings import Findings
from benchmarks.side_by_side.rounds import Effort


def test_nothing_is_slower_than_in_the_baseline(
    request: pytest.FixtureRequest, effort: Effort
) -> None:
    """Looks for the baseline first: without one there is nothing to measure for."""
    baseline = stored(machine())
    if effort.seconds != baseline.seconds:
        pytest.fail(f"the baseline has rounds of {baseline.seconds:g} s: BENCH_SECONDS")
    findings: Findings = request.getfixturevalue("findings")

    worse = regressions(findings.compared, baseline)

    assert not worse, "\n".join(worse)
