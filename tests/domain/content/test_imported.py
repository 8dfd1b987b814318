"""Digests, addresses, threads and trees of imported content."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.content.imported import (
    ImportedCategory,
    ImportedComment,
    ImportedPost,
    Note,
    digest,
    origin_address,
    planted,
    threaded,
)

POST = ImportedPost(
    address="a",
    title="Title",
    date=datetime(2030, 1, 1, tzinfo=UTC),
    categories=(ImportedCategory(name="News"),),
)


def a_comment(address: str, parent: str | None = None) -> ImportedComment:
    return ImportedComment(address=address, parent=parent, author_name="Ada", content="Yes.")


def a_category(slug: str, parent: str = "") -> ImportedCategory:
    return ImportedCategory(name=slug, slug=slug, parent=parent)


def test_a_digest_changes_with_everything_that_is_stored() -> None:
    changed = [
        replace(POST, title="Other"),
        replace(POST, tags=("t",)),
        replace(POST, date=None),
        replace(POST, categories=()),
    ]

    assert len({digest(post) for post in [POST, *changed]}) == 5


def test_a_digest_does_not_change_with_notes_or_comments() -> None:
    same = replace(POST, notes=(Note("cut"),), comments=(a_comment("1"),))

    assert digest(same) == digest(POST)


def test_a_lone_surrogate_has_a_digest_and_an_address() -> None:
    assert len(digest(replace(POST, title="\ud800"))) == 32
    assert origin_address("\ud800") == "\ud800"


def test_a_digest_of_something_unknown_is_an_error() -> None:
    with pytest.raises(TypeError):
        digest(replace(POST, tags=(object(),)))  # type: ignore[arg-type] # that is the point


def test_a_long_address_is_shortened_and_stays_its_own() -> None:
    first, second = origin_address("a" * 3000), origin_address("a" * 2999 + "b")

    assert len(first) <= 2048
    assert first != second


def test_answers_come_after_what_they_answer() -> None:
    ordered, notes = threaded([a_comment("3", "2"), a_comment("2", "1"), a_comment("1")])

    assert [(c.address, parent) for c, parent in ordered] == [
        ("1", None),
        ("2", "1"),
        ("3", "2"),
    ]
    assert notes == []


def test_an_answer_to_a_missing_comment_stands_at_the_top() -> None:
    ordered, notes = threaded([a_comment("2", "gone"), a_comment("3", "2")])

    assert [(c.address, parent) for c, parent in ordered] == [("2", None), ("3", "2")]
    assert len(notes) == 1


def test_a_circle_of_answers_is_opened() -> None:
    ordered, notes = threaded([a_comment("1", "2"), a_comment("2", "1"), a_comment("3", "3")])

    assert {c.address: parent for c, parent in ordered} == {"1": None, "2": "1", "3": None}
    assert len(notes) == 2


def test_parents_are_planted_before_their_children() -> None:
    order = planted(
        [a_category("leaf", "twig"), a_category("twig", "tree"), a_category("tree")]
    )

    assert [c.slug for c in order] == ["tree", "twig", "leaf"]


def test_a_category_below_itself_is_planted_at_the_top() -> None:
    order = planted([a_category("a", "b"), a_category("b", "a")])

    assert [(c.slug, c.parent) for c in order] == [("a", ""), ("b", "a")]


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdefg"), max_size=6))
def test_whatever_the_parents_every_comment_is_placed_once(parents: dict[str, str]) -> None:
    ordered, _ = threaded(a_comment(child, parent) for child, parent in parents.items())

    placed: set[str] = set()
    for comment, parent in ordered:
        assert parent is None or parent in placed
        placed.add(comment.address)
    assert placed == set(parents)
