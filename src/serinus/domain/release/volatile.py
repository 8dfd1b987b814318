"""What two right answers to one request may differ in. The list is part of contract v1."""

from typing import Final

#: Members whose value depends on the moment, or is drawn at random, wherever they stand.
ALWAYS: Final = frozenset(
    {
        "access_token",
        "refresh_token",
        "session_id",
        "raw_key",
        "took_ms",
        "timestamp",
        "uptime_seconds",
        "last_used_at",
        "last_login",
    }
)

#: In the answer to a write, also what was generated for the thing written.
WHEN_WRITTEN: Final = ALWAYS | {"id", "created_at", "updated_at", "published_at"}

MASK: Final = "*"


def masked(value: object, *, written: bool = False) -> object:
    """A JSON value without its volatile parts. Null stays: that there is none is meant."""
    return _masked(value, WHEN_WRITTEN if written else ALWAYS)


def _masked(value: object, names: frozenset[str]) -> object:
    match value:
        case dict():
            return {
                name: MASK if name in names and member is not None else _masked(member, names)
                for name, member in value.items()
            }
        case list():
            return [_masked(item, names) for item in value]
        case _:
            return value
