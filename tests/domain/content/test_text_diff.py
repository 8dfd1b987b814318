"""Differences between texts: right, and found within limits whatever the texts are."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content import text_diff
from serinus.domain.content.text_diff import MAX_CHARACTERS, MAX_LINES, compared

texts = st.lists(st.sampled_from(["a", "b", "", "c\r", "@@", "-x", "カ"]), max_size=30).map(
    "\n".join
)


def applied(before: str, unified: str) -> str:
    """What `patch` makes of it."""
    old, new, at = before.split("\n"), [], 0
    for line in unified.split("\n") if unified else []:
        if line.startswith("@@ -"):
            start, _, length = line.split(" ")[1][1:].partition(",")
            begin = int(start) if length == "0" else int(start) - 1
            new += old[at:begin]
            at = begin
        elif line.startswith("+"):
            new.append(line[1:])
        else:
            assert old[at] == line[1:]
            new += [] if line.startswith("-") else [old[at]]
            at += 1
    return "\n".join(new + old[at:])


@given(texts, texts)
def test_a_difference_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    found = compared(before, after)

    assert not found.cut
    assert applied(before, found.unified) == after


@given(texts, texts)
def test_it_does_so_when_the_work_runs_out(before: str, after: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_diff, "MAX_WORK", 10)
        assert applied(before, compared(before, after).unified) == after


def test_it_reads_as_diff_writes_it() -> None:
    before = "\n".join("abcdefghij")
    after = "\n".join("abcdXfghi")

    assert compared(before, after).unified == (
        "@@ -2,9 +2,8 @@\n b\n c\n d\n-e\n+X\n f\n g\n h\n i\n-j"
    )
    assert compared("a", "a\nb").unified == "@@ -1 +1,2 @@\n a\n+b"


def test_too_many_lines_are_not_compared() -> None:
    assert compared("\n" * MAX_LINES, "x").cut


def test_a_long_difference_is_cut_between_lines() -> None:
    found = compared("", "\n".join(["x" * 999] * 300))

    assert found.cut
    assert MAX_CHARACTERS - 1000 < len(found.unified) <= MAX_CHARACTERS
    assert {len(line) for line in found.unified.split("\n")[3:]} == {1000}


def test_texts_made_to_be_slow_are_compared_in_time() -> None:
    chance = random.Random(7)  # noqa: S311 - the same texts every time
    lines = [str(number) for number in range(101)]
    before, after = ("\n".join(chance.choices(lines, k=MAX_LINES)) for _ in range(2))

    begun = time.process_time()
    compared(before, after)

    assert time.process_time() - begun < 10
