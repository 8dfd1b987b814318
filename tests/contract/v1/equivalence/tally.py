"""How much was compared, for the last lines of a run."""

from collections import Counter
from collections.abc import Iterable

import pytest

PROPERTY = "equivalence"  # of a test's report, so that it comes from workers as well


def total(reports: Iterable[pytest.TestReport]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for report in reports:
        for name, value in report.user_properties:
            if name == PROPERTY and isinstance(value, dict):
                counts.update(value)
    return counts


def succeeded(counts: Counter[str]) -> float:
    """The part of operations whose status was 2xx."""
    good = sum(counts[status] for status in counts if status.startswith("2"))
    return good / max(1, counts["operations"])


def in_words(counts: Counter[str]) -> str:
    return (
        f"contract v1: {counts['sequences']:,} sequences of {counts['operations']:,} operations"
        f" ({succeeded(counts):.0%} successful) on both engines,"
        f" {counts['differences']:,} differences"
    )
