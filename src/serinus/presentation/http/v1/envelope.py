"""The envelope: every JSON answer of contract v1 but the one marked bare has this form."""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class FieldError(msgspec.Struct, frozen=True):
    field: str
    message: str


class Envelope(msgspec.Struct, Generic[T], frozen=True):
    """`data` on success, `error` on failure; clients rely on all four members being there."""

    success: bool
    data: T | None
    message: str | None = None
    error: str | None = None
    validation_errors: list[FieldError] | UnsetType = UNSET


class Message(msgspec.Struct, frozen=True):
    """What operations answer that leave nothing to show."""

    message: str


def ok(data: T) -> Envelope[T]:
    return Envelope(True, data)  # noqa: FBT003 - the member's place says what it is


def failed(
    error: str, *, data: T | None = None, problems: list[FieldError] | None = None
) -> Envelope[T]:
    return Envelope(False, data, None, error, problems or UNSET)  # noqa: FBT003 - as above


def time(at: datetime) -> Time:
    """RFC 3339 in UTC, always with six digits: clients of v1 parse it by position."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"
