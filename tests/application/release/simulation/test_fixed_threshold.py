"""A counter of failed checks that never falls, with which ours is compared."""

from random import Random

import pytest

from serinus.application.release.simulation.fixed_threshold import Checker, ramp


def test_most_of_what_is_healthy_is_taken_back_in_a_ramp_of_half_an_hour() -> None:
    """Limit 0.5 %, truth 0.3 %."""
    chances = [Checker(0.005, ramp(rate)).taken_back(0.003) for rate in (5.0, 10.0, 20.0)]

    assert all(0.84 <= chance <= 0.93 for chance in chances)


def test_its_chances_are_those_that_are_drawn() -> None:
    checker, draw, back = Checker(0.05, [20, 40, 60, 80], allowed=2), Random(1), 0  # noqa: S311 - no secret
    for _ in range(4_000):
        checks = [
            sum(draw.random() < 0.04 for _ in range(n)) > 0.05 * n for n in (20, 40, 60, 80)
        ]
        back += sum(checks) >= 2

    assert checker.taken_back(0.04) == pytest.approx(back / 4_000, abs=0.025)


def test_a_ramp_grows_evenly() -> None:
    assert ramp(10.0, minutes=5, shares=(0.1, 0.5)) == [60, 120, 180, 240, 300]
