"""Names of tags: when two are the same, and which are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.taxonomy import (
    clean_name,
    distinct_tags,
    tag_key,
    tag_violations,
)

names = st.lists(st.text(max_size=8), max_size=8)


def test_of_several_spellings_the_first_stays_in_its_place() -> None:
    found = distinct_tags([" Jazz ", "blues", "JAZZ", "\uff2aazz", "鳥"])

    assert found == ("Jazz", "blues", "鳥")


@given(names)
def test_distinct_tags_are_distinct_and_stay_so(given_names: list[str]) -> None:
    found = distinct_tags(given_names)

    assert len({tag_key(name) for name in found}) == len(found)
    assert distinct_tags(found) == found
    assert {tag_key(name) for name in given_names} == {tag_key(name) for name in found}


@given(st.text())
def test_a_clean_name_is_clean(name: str) -> None:
    assert clean_name(clean_name(name)) == clean_name(name)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([], None),
        (["x" * 50], None),
        (["x"] * 20, None),
        (["x"] * 21, "too_many"),
        (["x" * 51], "invalid_length"),
        (["a", " "], "invalid_length"),
    ],
)
def test_tags_have_a_length_and_a_number(tags: list[str], code: str | None) -> None:
    assert [each.code for each in tag_violations(tags)] == ([code] if code else [])
