"""How long it takes to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.reading_time import reading_minutes


@pytest.mark.parametrize(
    ("content", "minutes"),
    [
        ("", 1),
        ("word " * 238 * 3, 3),
        ("<p>word</p> " * 238 * 3, 3),
        ("カナリアは歌う。" * 125, 2),  # 8 characters: 1,000 in all
        ("새가 노래한다 " * 238, 2),
        ("カ" * 500 + " word" * 238, 2),
        ("é " * 238 * 2, 2),
    ],
)
def test_words_and_characters_take_their_time(content: str, minutes: int) -> None:
    assert reading_minutes(content) == minutes


@given(st.text(max_size=300), st.text(max_size=300))
def test_more_takes_no_less_time(one: str, more: str) -> None:
    plain = one.replace("<", "")

    assert reading_minutes(f"{plain} {more.replace('<', '')}") >= reading_minutes(plain) >= 1
