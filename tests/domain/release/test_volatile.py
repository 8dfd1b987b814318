"""Two right answers to one request differ in volatile members alone."""

from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.volatile import ALWAYS, MASK, WHEN_WRITTEN, masked

names = st.sampled_from(sorted(WHEN_WRITTEN)) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=20
)


def test_tokens_and_times_of_the_moment_are_masked_wherever_they_stand() -> None:
    answer = {
        "data": {"tokens": {"access_token": "a", "expires_in": 900}, "list": [{"took_ms": 1}]}
    }

    assert masked(answer) == {
        "data": {
            "tokens": {"access_token": MASK, "expires_in": 900},
            "list": [{"took_ms": MASK}],
        }
    }


def test_ids_and_times_of_things_are_masked_only_where_they_were_just_made() -> None:
    post = {"id": "1", "title": "T", "author_id": "2", "created_at": "now"}

    assert masked(post) == post
    assert masked(post, written=True) == {**post, "id": MASK, "created_at": MASK}


def test_that_there_is_no_value_is_compared() -> None:
    assert masked({"last_login": None, "session_id": ""}) == {
        "last_login": None,
        "session_id": MASK,
    }


@given(values)
def test_what_has_no_volatile_member_is_left_as_it_is(value: object) -> None:
    if not WHEN_WRITTEN & set(_names(value)):
        assert masked(value, written=True) == value


@given(values, st.booleans())
def test_masking_again_changes_nothing(value: object, written: bool) -> None:  # noqa: FBT001 - a drawn value
    once = masked(value, written=written)

    assert masked(once, written=written) == once


@given(st.dictionaries(st.sampled_from(sorted(WHEN_WRITTEN)), leaves), leaves)
def test_the_order_and_number_of_members_stay(members: dict[str, object], more: object) -> None:
    value = {**members, "other": [more, members]}

    shown = masked(value, written=True)

    assert isinstance(shown, dict)
    assert list(shown) == list(value)
    assert shown["other"] == [more, masked(members, written=True)]


def test_what_is_always_volatile_is_so_in_writes_too() -> None:
    assert ALWAYS < WHEN_WRITTEN


def _names(value: object) -> list[str]:
    match value:
        case dict():
            return [*value, *(name for each in value.values() for name in _names(each))]
        case list():
            return [name for each in value for name in _names(each)]
        case _:
            return []
