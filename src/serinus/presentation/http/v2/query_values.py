"""Values in a query string, read strictly: what cannot be meant is refused, never adjusted."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from serinus.domain.content.listing import Value
from serinus.presentation.http.v2.refusals import InvalidParameter
from serinus.presentation.http.v2.spelling import did_you_mean

MAX_PARAMETERS = 100
MAX_VALUES = 50  # of one `in`
MAX_TEXT = 255
MAX_INTEGER = 2**31 - 1

Parse = Callable[[str, str], Value]  # from a parameter's name and one value


def parameters(query_string: bytes) -> dict[str, str]:
    """Raise `InvalidParameter`: one that is given twice has no one meaning."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise InvalidParameter("the query is not percent-encoded UTF-8") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidParameter("give each parameter once", parameter=name[:100])
        if "\0" in value:
            raise InvalidParameter("U+0000 cannot be looked for", parameter=name[:100])
        found[name] = value
    return found


def text(name: str, value: str) -> str:
    if not 1 <= len(value) <= MAX_TEXT:
        raise InvalidParameter(f"expected 1 to {MAX_TEXT} characters", parameter=name)
    return value


def identifier(name: str, value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise InvalidParameter("expected a UUID", parameter=name) from None


def integer(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value[:20]) <= MAX_INTEGER):
        raise InvalidParameter("expected an integer of 0 or more", parameter=name)
    return int(value)


def boolean(name: str, value: str) -> bool:
    return one_of(("true", "false"))(name, value) == "true"


def instant(name: str, value: str) -> datetime:
    """A time with its zone (RFC 3339), or a date, which is its midnight in UTC."""
    try:
        if len(value) == len("2030-01-01"):
            day: date = msgspec.convert(value, date)
            return datetime.combine(day, time(), UTC)
        found: datetime = msgspec.convert(value, Annotated[datetime, msgspec.Meta(tz=True)])
        return found.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        hint = "; write + as %2B" if " " in value else ""
        raise InvalidParameter(
            f"expected a date, or a time with its zone, like 2030-01-31T12:00:00Z{hint}",
            parameter=name,
        ) from None


def one_of(known: Iterable[str]) -> Callable[[str, str], str]:
    names = tuple(known)

    def parse(name: str, value: str) -> str:
        if value not in names:
            hint = did_you_mean(value, names)
            raise InvalidParameter(f"expected one of {', '.join(names)}{hint}", parameter=name)
        return value

    return parse


def member_of(kind: type[StrEnum]) -> Callable[[str, str], str]:
    return one_of([member.value for member in kind])


def several(name: str, value: str, parse: Callable[[str, str], Value]) -> tuple[Value, ...]:
    """A comma-separated list, each value once."""
    parts = value.split(",")
    if len(parts) > MAX_VALUES:
        raise InvalidParameter(f"at most {MAX_VALUES} values", parameter=name)
    return tuple(dict.fromkeys(parse(name, part) for part in parts))
