"""Times as a person says them."""

from datetime import timedelta

import pytest

from serinus.domain.release.sentences import shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7_199, "120 min"),
        (7_200, "2 h"),
        (172_799, "48 h"),
        (604_800, "7 d"),
    ],
)
def test_a_time_is_shown_in_the_largest_unit_that_says_enough(seconds: int, text: str) -> None:
    assert shown(timedelta(seconds=seconds)) == text
