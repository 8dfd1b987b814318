"""Names for what differs from one world to another although both engines are right.

An id or a time that was drawn while a script was played is called by the order in which it was
first seen. The same name in two places is the same thing, so what refers to what is compared as
well; masking could not do that.
"""

import re
from datetime import datetime
from uuid import UUID

ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{6}Z", re.ASCII)


class Names:
    """`fixed`: ids and times that both worlds have from the beginning; they keep their own."""

    def __init__(self, fixed: frozenset[str] = frozenset()) -> None:
        self._fixed = fixed
        self._given: dict[str, str] = {}

    def named(self, value: object) -> object:
        match value:
            case dict():
                return {name: self.named(member) for name, member in value.items()}
            case list():
                return [self.named(item) for item in value]
            case str() if ID.fullmatch(value):
                return self._name("id", value)
            case str() if TIME.fullmatch(value):
                return self._name("time", value)
            case _:
                return value

    def _name(self, kind: str, value: str) -> str:
        if value in self._fixed:
            return value
        return self._given.setdefault(value, f"{kind} {len(self._given) + 1}")


def as_answered(value: object) -> object:
    """A value of the database as answers show it."""
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
        case list():
            return [as_answered(item) for item in value]
        case _:
            return value


def ids_and_times(value: object) -> frozenset[str]:
    """All that would be named."""
    match value:
        case dict():
            return ids_and_times(list(value.values()))
        case list():
            return frozenset[str]().union(*map(ids_and_times, value))
        case str() if ID.fullmatch(value) or TIME.fullmatch(value):
            return frozenset({value})
        case _:
            return frozenset()
