"""Two answers are the same or it is said where they differ, and never what stood there."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.domain.release.comparison import MOST, Answer, Difference, Kind, differences
from serinus.domain.release.redaction import shape
from serinus.domain.release.volatile import WHEN_WRITTEN

JSON = {"content-type": "application/json"}

names = st.text(min_size=1, max_size=6).filter(lambda name: name not in WHEN_WRITTEN)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def answer(value: object, status: int = 200, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, JSON | sent, json.dumps(value).encode())


@pytest.mark.parametrize(("status", "failed"), [(200, False), (404, False), (503, True)])
def test_an_answer_has_failed_where_the_server_is_to_blame(
    status: int, *, failed: bool
) -> None:
    assert answer({}, status).failed is failed


def between(stable: object, candidate: object, *, written: bool = False) -> list[Difference]:
    return list(differences(answer(stable), answer(candidate), written=written))


def reordered(value: object) -> object:
    match value:
        case dict():
            return {name: reordered(value[name]) for name in reversed(list(value))}
        case list():
            return [reordered(item) for item in value]
        case _:
            return value


def places(value: object, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a value could be another one."""
    match value:
        case dict():
            inner = [each for name in value for each in places(value[name], (*place, name))]
        case list():
            inner = [each for n in range(len(value)) for each in places(value[n], (*place, n))]
        case _:
            inner = []
    return [place, *inner]


def replaced(value: Any, place: tuple[Any, ...], other: object) -> object:
    if not place:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], other)
    return copy


@given(values)
def test_an_answer_is_like_itself_in_any_order_of_members(value: object) -> None:
    assert between(value, reordered(value)) == []


@given(values, st.data())
def test_whatever_one_place_is_changed_to_shows(value: object, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places(value)))
    # Something that stands nowhere else.
    other = {"another": [1, {"deep": "x"}]}

    assert between(value, replaced(value, place, other)) != []
    assert between(replaced(value, place, other), value) != []


@pytest.mark.parametrize(("stable", "candidate"), [(1, 1.0), (1, True), (0, False), ("1", 1)])
def test_what_clients_with_types_tell_apart_is_different(
    stable: object, candidate: object
) -> None:
    told = between({"n": stable}, {"n": candidate})

    assert [(each.path, each.kind) for each in told] == [("$.n", Kind.TYPE)]


@pytest.mark.parametrize(
    ("stable", "candidate", "path", "kind"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "$.a.b", Kind.VALUE),
        ({"a": None}, {"a": "x"}, "$.a", Kind.TYPE),
        ({"a": 1, "b": 2}, {"a": 1}, "$.b", Kind.MISSING),
        ({"a": 1}, {"a": 1, "b": None}, "$.b", Kind.ADDED),
        ({"a": [1, 2]}, {"a": [1]}, "$.a", Kind.LENGTH),
        ({"a": [1, 2]}, {"a": [2, 1]}, "$.a[*]", Kind.VALUE),
        ([{"t": 1}, {"t": 2}], [{"t": 1}, {"t": 3}], "$[*].t", Kind.VALUE),
        ({"ada@example.org": 1}, {}, "$[?]", Kind.MISSING),
    ],
)
def test_it_is_said_where_and_how(
    stable: object, candidate: object, path: str, kind: Kind
) -> None:
    assert [(each.path, each.kind) for each in between(stable, candidate)] == [(path, kind)]


def test_generated_values_are_masked_where_something_was_written() -> None:
    stable, candidate = {"id": "a", "took_ms": 3}, {"id": "b", "took_ms": 5}

    assert [each.path for each in between(stable, candidate)] == ["$.id"]
    assert between(stable, candidate, written=True) == []


def test_another_status_says_it_all() -> None:
    told = differences(answer({"a": 1}), answer({"b": 1}, 404))

    assert told == (Difference("status", Kind.STATUS, "200", "404"),)


def test_headers_of_the_contract_are_compared_and_no_others() -> None:
    ours = answer({}, 503, retry_after="5", allow="GET, HEAD", date="now")
    theirs = answer({}, 503, retry_after="7", allow="HEAD, GET", date="then")

    assert differences(ours, theirs) == ()
    for missing in ("retry-after", "allow", "content-type"):
        headers = {name: text for name, text in theirs.headers.items() if name != missing}
        told = differences(ours, Answer(503, headers, theirs.body))
        assert [each.path for each in told] == [f"header {missing}"]


@pytest.mark.parametrize(("body", "other"), [(b"plain", b"plain "), (b"{}", b"{"), (b"", b"0")])
def test_what_is_no_json_is_compared_as_it_is(body: bytes, other: bytes) -> None:
    ours, theirs = (Answer(200, {}, each) for each in (body, other))

    assert differences(ours, ours) == ()
    assert [each.kind for each in differences(ours, theirs)] == [Kind.BODY]


def test_a_value_too_deep_to_look_into_is_compared_as_it_is() -> None:
    deep, deeper = b"[" * 90_000 + b"]" * 90_000, b"[" * 90_001 + b"]" * 90_001

    told = differences(Answer(200, JSON, deep), Answer(200, JSON, deeper))

    assert [each.kind for each in told] == [Kind.BODY]


def test_what_is_told_of_one_pair_is_bounded() -> None:
    many = {f"member_{n}": n for n in range(500)}

    assert len(between(many, {})) == MOST
    assert len(between([many] * 3, [dict.fromkeys(many)] * 3)) == MOST
    nested: object = 1
    for n in range(100):
        nested = {f"member_{n}": nested}
    (told,) = between(nested, reordered(json.loads(json.dumps(nested).replace(": 1}", ": 2}"))))
    assert len(told.path) <= 200


@given(st.text())
def test_of_a_text_only_its_form_is_shown(text: str) -> None:
    told = shape(text).partition(": ")[2]

    assert re.fullmatch(r"[aAw9 -/:-@\[-`{-~?]*", told)
    assert len(shape(text)) <= 100


@given(st.emails() | st.uuids().map(str) | st.from_regex(r"srn_[0-9A-Za-z]{8}_[0-9a-f]{32}"))
def test_no_address_id_or_key_gets_into_an_example(secret: str) -> None:
    (told,) = between({"a": {"b": [secret]}}, {"a": {"b": [None]}})

    assert secret not in repr(told)
    assert set(filter(str.isalnum, told.stable.partition(": ")[2])) <= set("aAw9")


@given(values)
def test_an_example_is_short_whatever_it_is_of(value: object) -> None:
    assert len(shape(value)) <= 100


def test_an_example_shows_what_one_needs_to_understand() -> None:
    assert shape("2030-01-01T12:00:00+00:00") == "text of 25: 9999-99-99A99:99:99+99:99"
    assert shape("金糸雀") == "text of 3: www"
    assert (shape(None), shape(value=True), shape(12.5)) == ("null", "true", "number 99.9")
    assert (shape([1, 2]), shape({"a": 1})) == ("list of 2", "object of 1")
