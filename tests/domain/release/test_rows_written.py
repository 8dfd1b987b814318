"""What two requests wrote is the same, in however many statements, under whatever new ids."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.rows_written import Entry, comparable
from tests.support.verdicts import AT

POST, TAG, ADA = UUID(int=1), UUID(int=2), UUID(int=3)
SOON = (AT + timedelta(seconds=2)).isoformat().replace("+00:00", "Z")
LATER = (AT + timedelta(days=2)).isoformat().replace("+00:00", "Z")


def entry(
    action: str = "updated",
    entity: str = "post",
    entity_id: UUID = POST,
    version: int | None = 2,
    **changes: Mapping[str, Any],
) -> Entry:
    return Entry(
        entity=entity,
        entity_id=entity_id,
        action=action,
        version=version,
        user=ADA,
        changes=changes,
    )


def same(ours: list[Entry], theirs: list[Entry]) -> bool:
    return comparable(ours, AT) == comparable(theirs, AT + timedelta(milliseconds=50))


def made(post: UUID, tag: UUID, at: str) -> list[Entry]:
    """A new post with a new tag."""
    return [
        entry("created", "tag", tag, name={"after": "dawn"}),
        entry("created", entity_id=post, title={"after": "T"}, created_at={"after": at}),
        entry(entity_id=post, version=None, tags={"added": [{"id": str(tag), "name": "dawn"}]}),
    ]


def test_ids_of_what_was_made_and_the_times_of_now_are_no_difference() -> None:
    moment = AT.isoformat().replace("+00:00", ".5Z").replace("00.5", "00.500000")

    assert same(made(uuid4(), uuid4(), SOON), made(uuid4(), uuid4(), moment))


def test_ids_of_what_was_there_before_are() -> None:
    assert not same([entry(title={"after": "T"})], [entry(entity_id=TAG, title={"after": "T"})])


def test_a_time_that_is_not_now_is_a_value_like_any_other() -> None:
    other = LATER.replace("-03T", "-04T")

    assert same([entry(at={"after": LATER})], [entry(at={"after": LATER})])
    assert not same([entry(at={"after": LATER})], [entry(at={"after": SOON})])
    assert not same([entry(at={"after": LATER})], [entry(at={"after": other})])


def test_one_statement_or_several_are_the_same() -> None:
    at_once = [entry(version=4, title={"before": "A", "after": "C"}, slug={"after": "c"})]
    in_steps = [
        entry(version=3, title={"before": "A", "after": "B"}),
        entry(version=4, title={"before": "B", "after": "C"}, slug={"after": "c"}),
    ]

    assert same(at_once, in_steps)


def test_what_comes_to_nothing_in_the_end_was_not_changed() -> None:
    there_and_back = [
        entry(version=3, title={"before": "A", "after": "B"}, slug={"after": "b"}),
        entry(version=4, title={"before": "B", "after": "A"}),
    ]

    assert same(there_and_back, [entry(version=4, slug={"after": "b"})])


def test_what_was_made_and_changed_at_once_was_made_as_it_is_now() -> None:
    in_steps = [
        entry("created", title={"after": "A"}),
        entry(title={"before": "A", "after": "B"}),
    ]
    at_once = [entry("created", title={"after": "B"}), entry()]

    assert same(in_steps, at_once)


def test_what_only_looks_like_a_time_is_a_value_like_any_other() -> None:
    title = "2030-a title that ends with Z"

    assert same([entry(title={"after": title})], [entry(title={"after": title})])
    assert not same([entry(title={"after": title})], [entry(title={"after": SOON})])


def test_links_are_compared_by_what_is_left_of_them() -> None:
    a, b = ({"id": str(UUID(int=n)), "name": str(n)} for n in (11, 12))
    anew = [
        entry(version=None, tags={"removed": [a, b]}),
        entry(version=None, tags={"added": [b]}),
    ]

    assert same(anew, [entry(version=None, tags={"removed": [a]})])
    assert same(
        [entry(tags={"added": [a, b]})],
        [entry(tags={"added": [b]}), entry(tags={"added": [a]})],
    )
    assert not same(anew, [entry(version=None, tags={"removed": [b]})])


def test_what_another_does_at_another_version_or_in_other_words_is_a_difference() -> None:
    base = entry(title={"before": "A", "after": "B"})
    others = [
        entry(title={"before": "A", "after": "C"}),
        entry(title={"before": "Z", "after": "B"}),
        entry("published", title={"before": "A", "after": "B"}),
        entry(version=3, title={"before": "A", "after": "B"}),
        entry(entity="page", title={"before": "A", "after": "B"}),
        entry(title={"before": "A", "after": "B"}, slug={"after": "b"}),
        entry(title={"sha256": "ab", "bytes": 1}),
    ]

    assert same([base], [base])
    assert [each for each in others if same([base], [each])] == []
    assert not same([base], [])
    assert not same([base], [base, entry(entity_id=TAG, title={"after": "B"})])


@given(st.permutations(range(6)))
def test_the_order_in_which_things_are_written_does_not_count(order: list[int]) -> None:
    entries = [
        entry("created", "tag", UUID(int=20 + n), name={"after": str(n)}) for n in range(6)
    ]

    assert same(entries, [entries[n] for n in order])
