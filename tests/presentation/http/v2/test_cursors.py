"""Laws of cursors."""

from dataclasses import replace
from datetime import UTC
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from serinus.domain.content.listing import Condition, Listing, Op, Order, Position
from serinus.presentation.http.v2.cursors import (
    CursorInvalid,
    CursorMismatch,
    Cursors,
    fingerprint,
)

KEY, OLD_KEY = b"k" * 32, b"o" * 32
MARK = b"12345678"
values = st.one_of(
    st.none(),
    st.text(max_size=255),
    st.integers(0, 2**31 - 1),
    st.datetimes(timezones=st.just(UTC)),
)
positions = st.builds(
    Position, st.lists(values, max_size=4).map(tuple), st.uuids().map(lambda u: UUID(int=u.int))
)


@given(positions, st.binary(min_size=8, max_size=8))
def test_what_was_sealed_is_what_is_opened(position: Position, mark: bytes) -> None:
    cursors = Cursors([KEY])

    assert cursors.open(cursors.seal(position, mark), mark, parameter="after") == position


@given(positions, st.data())
def test_a_cursor_with_anything_changed_is_refused(
    position: Position, data: st.DataObject
) -> None:
    sealed = Cursors([KEY]).seal(position, MARK)
    at = data.draw(st.integers(0, len(sealed) - 2))  # of the last, some bits mean nothing
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    assume(other != sealed[at])

    with pytest.raises(CursorInvalid):
        Cursors([KEY]).open(sealed[:at] + other + sealed[at + 1 :], MARK, parameter="after")


@given(st.text())
def test_made_up_cursors_are_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursors([KEY]).open(text, MARK, parameter="after")


@given(positions)
def test_a_cursor_of_another_list_is_refused(position: Position) -> None:
    cursors = Cursors([KEY])

    with pytest.raises(CursorMismatch):
        cursors.open(cursors.seal(position, b"87654321"), MARK, parameter="after")


@given(positions)
def test_a_former_key_opens_and_no_longer_seals(position: Position) -> None:
    rotated = Cursors([KEY, OLD_KEY])
    old = Cursors([OLD_KEY]).seal(position, MARK)

    assert rotated.open(old, MARK, parameter="after") == position
    with pytest.raises(CursorInvalid):
        Cursors([OLD_KEY]).open(rotated.seal(position, MARK), MARK, parameter="after")


def test_the_page_does_not_change_what_list_it_is_but_all_else_does() -> None:
    tag, author = Condition("tag", Op.EQ, ("a",)), Condition("author", Op.NE, ("b",))
    listing = Listing(orders=(Order("title"),), conditions=(tag, author))
    mark = fingerprint("post", listing)

    assert fingerprint("post", replace(listing, limit=3)) == mark
    assert fingerprint("post", replace(listing, conditions=(author, tag))) == mark
    others = [
        fingerprint("tag", listing),
        fingerprint("post", replace(listing, conditions=(tag,))),
        fingerprint("post", replace(listing, orders=(Order("title", descending=True),))),
        fingerprint("post", replace(listing, orders=(Order("title"), Order("created_at")))),
    ]
    assert mark not in others
    assert len(set(others)) == len(others)
