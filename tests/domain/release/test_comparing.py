"""The gate before real traffic opens on proof alone."""

from math import log

import pytest

from serinus.domain.release.comparing import comparison_reading, missing_comparisons
from serinus.domain.release.eprocess import log_breach, log_proof
from serinus.domain.release.plan import DEFAULT
from serinus.domain.release.verdict import ComparisonState


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        (None, "no answers have been compared yet"),
        (ComparisonState(), "about 2234 more answers to compare"),
        (ComparisonState({"/a": 9_000}, 1, ("/a", "/b")), "answers differ on /a, /b"),
        (ComparisonState({"/a": 900, "/b": 49}), "49 of 50 answers compared on /b"),
        (ComparisonState({"/a": 9_000}, 60), "60 of 9000 compared answers differ: too many"),
        (ComparisonState({"/a": 9_000, "/b": 49}), None),  # rare: told with the others
        (ComparisonState({"/a": 2_000, "/b": 50}), None),
    ],
)
def test_what_is_missing_is_said(state: ComparisonState | None, missing: str | None) -> None:
    assert missing_comparisons(DEFAULT, state) == missing


def test_it_is_a_test_of_the_limit_like_any_other() -> None:
    reading = comparison_reading(DEFAULT, ComparisonState({"/a": 2_000, "/b": 1_000}, 1))

    assert (reading.requests, reading.bad, reading.limit) == (3_000, 1, 0.002)
    assert reading.log_e == log_breach(1, 3_000, 0.002)
    assert reading.log_threshold == -log(0.05)
    assert reading.proven == (log_proof(1, 3_000, 0.002) >= -log(0.05))
    assert not reading.breached


def test_answers_that_differ_too_often_breach_it() -> None:
    assert comparison_reading(DEFAULT, ComparisonState({"/a": 1_000}, 20)).breached
