"""Where and how a JSON object differs from what a struct asks for. All of it, not the first."""

import re
import types
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from serinus.domain.errors import Violation
from serinus.presentation.http.v2.spelling import did_you_mean, nearest

_EXPECTED = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`")
_JSON_NAMES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "object": "object",
    "array": "array",
    "null": "null",
}


class Ruled(msgspec.Struct, frozen=True, kw_only=True):
    """What clients send, with rules beyond types."""

    @classmethod
    def rules(cls, given: dict[str, Any]) -> list[Violation]:
        """What the domain says to the members that have the right type."""
        del given
        return []


def broken_rules(value: object, at: str = "") -> list[Violation]:
    """What the domain says to a body whose types are right, and to the bodies within it."""
    if isinstance(value, tuple):
        return [
            each
            for number, part in enumerate(value)
            for each in broken_rules(part, f"{at}/{number}")
        ]
    if not isinstance(value, Ruled):
        return []
    given = {
        name: member
        for name in value.__struct_fields__
        if (member := getattr(value, name)) is not msgspec.UNSET
    }
    found = within(at, type(value).rules(given))
    for name, member in given.items():
        found += broken_rules(member, f"{at}/{_escape(name)}")
    return found


def within(at: str, violations: Iterable[Violation]) -> list[Violation]:
    """Violations of a part, as those of the whole."""
    return [
        replace(each, field=f"{at}/{each.field.removeprefix('/')}" if at else each.field)
        for each in violations
    ]


def problems_of(
    found: dict[str, Any], kind: type[msgspec.Struct], at: str = ""
) -> tuple[list[Violation], dict[str, Any]]:
    """The violations, and the members that are right, converted."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    violations = [_unknown(name, at, list(fields)) for name in found if name not in fields]
    given: dict[str, Any] = {}
    for name, field in fields.items():
        if name in found:
            problems, value = _check(found[name], field.type, f"{at}/{_escape(name)}")
            violations += problems
            if not problems:
                given[field.name] = value
        elif field.required:
            violations.append(
                Violation(f"{at}/{_escape(name)}", "required", f"{name} is required")
            )
    return violations, given


def _check(value: object, kind: Any, at: str) -> tuple[list[Violation], Any]:  # noqa: ANN401
    try:
        converted = msgspec.convert(value, kind)
        return broken_rules(converted, at), converted
    except msgspec.ValidationError as error:
        return _inside(value, kind, at) or [_violation(str(error), value, kind, at)], None


def _inside(value: object, kind: Any, at: str) -> list[Violation]:  # noqa: ANN401
    """Problems of the parts, when `value` is the right sort of container."""
    options = _options(kind)
    structs = [option for option in options if _is_struct(option)]
    if isinstance(value, dict) and structs:
        return _inside_one_of(value, structs, at)
    for option in options:
        if isinstance(value, list) and get_origin(option) in {list, tuple}:
            item = get_args(option)[0]
            return [
                violation
                for position, part in enumerate(value)
                for violation in _check(part, item, f"{at}/{position}")[0]
            ]
    return []


def _inside_one_of(
    value: dict[str, Any], structs: list[type[msgspec.Struct]], at: str
) -> list[Violation]:
    """`structs`: one, or several that a member tells apart."""
    tag_field = structs[0].__struct_config__.tag_field
    if tag_field is None:
        chosen, members = structs[0], value
    else:
        by_tag = {each.__struct_config__.tag: each for each in structs}
        tag = value.get(tag_field)
        if not isinstance(tag, str) or tag not in by_tag:
            return [_no_such(tag_field, list(by_tag), at, given=tag_field in value)]
        chosen = by_tag[tag]
        members = {name: member for name, member in value.items() if name != tag_field}
    violations, given = problems_of(members, chosen, at)
    if issubclass(chosen, Ruled):
        violations += within(at, chosen.rules(given))
    return violations


def _no_such(name: str, allowed: list[Any], at: str, *, given: bool) -> Violation:
    place = f"{at}/{_escape(name)}"
    if not given:
        return Violation(place, "required", f"{name} is required")
    text = f"one of {', '.join(map(str, allowed))}"
    return Violation(place, "not_allowed", text, {"allowed": allowed})


def _options(kind: Any) -> list[Any]:  # noqa: ANN401
    """The types that a value may have, without what is said about them."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return [option for each in get_args(kind) for option in _options(each)]
    return [kind]


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _violation(message: str, value: object, kind: Any, at: str) -> Violation:  # noqa: ANN401
    if message.startswith("Invalid enum value"):
        allowed = _allowed(kind)
        text = f"one of {', '.join(map(str, allowed))}{did_you_mean(str(value), allowed)}"
        near = nearest(str(value), allowed)
        params = {"allowed": allowed} | ({"nearest": near} if near else {})
        return Violation(at, "not_allowed", text, params)
    if (mismatch := _EXPECTED.match(message)) is None:
        return Violation(at, "invalid_format", "this value has the wrong form")
    expected = [_JSON_NAMES.get(each, "string") for each in mismatch["expected"].split(" | ")]
    text = f"expected {' or '.join(expected)}, got {_JSON_NAMES.get(mismatch['got'], 'this')}"
    return Violation(at, "invalid_type", text, {"expected": expected})


def _allowed(kind: Any) -> list[str]:  # noqa: ANN401
    enums = [option for option in _options(kind) if isinstance(option, type)]
    return [member.value for option in enums if issubclass(option, Enum) for member in option]


def _unknown(name: str, at: str, known: list[str]) -> Violation:
    params = {"nearest": near} if (near := nearest(name, known)) else {}
    text = f"there is no member {name[:100]!r}{did_you_mean(name, known)}"
    return Violation(f"{at}/{_escape(name[:100])}", "unknown_member", text, params)


def _escape(name: str) -> str:
    """RFC 6901, section 3."""
    return name.replace("~", "~0").replace("/", "~1")
