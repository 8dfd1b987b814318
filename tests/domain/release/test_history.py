"""What is on record cannot be changed unseen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.history import GENESIS, Event, check_chain

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
RELEASE = UUID(int=1)


def chain(length: int = 4) -> list[Event]:
    events, previous = [], GENESIS
    for number in range(1, length + 1):
        event = Event(
            release=RELEASE,
            number=number,
            at=AT + timedelta(seconds=number),
            actor="judge",
            reason="so it is",
            kind="advance",
            body={"to": {"share": number}, "x": [1.5, "ü", None]},
            previous=previous,
        ).sealed()
        events.append(event)
        previous = event.hash
    return events


def test_an_untouched_record_holds() -> None:
    assert check_chain(chain()) is None
    assert check_chain([]) is None


CHANGES: dict[str, Any] = {
    "release": UUID(int=2),
    "number": 7,
    "at": AT,
    "actor": "cli:somebody",
    "reason": "another",
    "kind": "held",
    "body": {},
    "previous": bytes([1]) * 32,
    "hash": bytes(32),
}


@given(st.integers(1, 3), st.sampled_from(sorted(CHANGES)))
def test_whatever_is_changed_the_first_broken_entry_is_named(index: int, column: str) -> None:
    events = chain()
    events[index] = replace(events[index], **{column: CHANGES[column]})

    assert check_chain(events) == index + 1


@given(st.integers(0, 2))
def test_an_entry_that_is_missing_is_noticed(index: int) -> None:
    events = chain()
    del events[index]

    assert check_chain(events) == index + 1


def test_an_entry_sealed_anew_breaks_the_next_one() -> None:
    events = chain()
    events[1] = replace(events[1], reason="another").sealed()

    assert check_chain(events) == 3


def test_a_seal_depends_neither_on_the_order_of_members_nor_on_the_time_zone() -> None:
    event = chain()[0]
    elsewhere = event.at.astimezone(timezone(timedelta(hours=9)))
    other = replace(event, at=elsewhere, body=dict(reversed([*event.body.items()])))

    assert other.seal() == event.hash


def test_what_is_no_number_in_json_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="JSON"):
        replace(chain()[0], body={"x": float("nan")}).seal()


def test_a_seal_is_what_is_documented() -> None:
    event = replace(chain(1)[0], body={"b": 1, "a": "ü"})

    assert event.canonical().decode() == (
        '["00000000-0000-0000-0000-000000000001",1,"2030-01-01T12:00:01.000000+00:00",'
        '"judge","so it is","advance",{"a":"ü","b":1}]'
    )
