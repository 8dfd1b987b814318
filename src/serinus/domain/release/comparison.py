"""Whether two answers to one request are the same, and where they differ if not.

Of the contract are the status, the JSON value of the body, and these headers:

    content-type, location, www-authenticate    their values
    allow                                       its methods, in any order
    retry-after                                 that it is there: its seconds are the moment's

No other header is: layers outside the engines add them to the answers of both (request id,
security, rate limits, deprecation), or they are the transport's. Of JSON the order of members
does not count, that of lists does, and 1 is neither 1.0 nor true: clients with types tell them
apart. What is volatile is masked. A body that is not JSON is compared byte by byte.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from serinus.domain.release.redaction import shape
from serinus.domain.release.volatile import masked

VALUES: Final = ("content-type", "location", "www-authenticate")
CONTRACT_HEADERS: Final = frozenset({*VALUES, "allow", "retry-after"})

#: Differences of one pair that are told; what else differs shows when these are gone.
MOST: Final = 20
LONGEST_PATH: Final = 200  # characters
#: Names of members that may be shown. Any other could be somebody's data.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)


class Kind(StrEnum):
    """In what way two answers differ at a place."""

    STATUS = "status"
    HEADER = "header"
    MISSING = "missing"  # only stable has it
    ADDED = "added"  # only the candidate has it
    TYPE = "type"
    LENGTH = "length"  # of lists; their items are not looked at then
    VALUE = "value"
    BODY = "body"  # it is not JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers`: those of the contract, by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def failed(self) -> bool:
        return self.status >= 500


@dataclass(frozen=True, slots=True)
class Difference:
    """`path`: as in `$.data.items[*].title`; the items of a list are one place. `stable` and
    `candidate` say what stood there as far as it may be shown, "" where nothing did.
    """

    path: str
    kind: Kind
    stable: str
    candidate: str


def differences(
    stable: Answer, candidate: Answer, *, written: bool = False
) -> tuple[Difference, ...]:
    """One for each place at most. `written`: the answers are to a write."""
    if stable.status != candidate.status:
        told = Difference("status", Kind.STATUS, str(stable.status), str(candidate.status))
        return (told,)
    found: dict[str, Difference] = {}
    for each in _all(stable, candidate, written=written):
        found.setdefault(each.path, each)
        if len(found) == MOST:
            break
    return tuple(found.values())


def value_differences(path: str, stable: object, candidate: object) -> Iterator[Difference]:
    """Between two JSON values that stand at a path; several may be at one place."""
    if type(stable) is not type(candidate):
        yield Difference(path, Kind.TYPE, shape(stable), shape(candidate))
        return
    match stable, candidate:
        case dict(), dict():
            yield from _of_members(path, stable, candidate)
        case list(), list():
            yield from _of_items(path, stable, candidate)
        case _ if stable != candidate:
            yield Difference(path, Kind.VALUE, shape(stable), shape(candidate))


def _all(stable: Answer, candidate: Answer, *, written: bool) -> Iterator[Difference]:
    yield from _of_headers(stable.headers, candidate.headers)
    if stable.body == candidate.body:
        return
    try:
        values = [
            masked(json.loads(each.body), written=written) for each in (stable, candidate)
        ]
        yield from value_differences("$", *values)
    except (ValueError, RecursionError):
        told = [f"{len(each.body)} bytes" for each in (stable, candidate)]
        yield Difference("body", Kind.BODY, *told)


def _of_headers(
    stable: Mapping[str, str], candidate: Mapping[str, str]
) -> Iterator[Difference]:
    for name in sorted(CONTRACT_HEADERS):
        ours, theirs = (_header(name, headers.get(name)) for headers in (stable, candidate))
        if ours != theirs:
            yield Difference(f"header {name}", Kind.HEADER, shape(ours), shape(theirs))


def _header(name: str, value: str | None) -> str | None:
    if value is None or name in VALUES:
        return value
    if name == "retry-after":
        return "there"
    return ", ".join(sorted(method.strip() for method in value.split(",")))


def _of_members(
    path: str, stable: dict[str, Any], candidate: dict[str, Any]
) -> Iterator[Difference]:
    for name in sorted(stable.keys() | candidate.keys()):
        place = _member(path, name)
        if name not in candidate:
            yield Difference(place, Kind.MISSING, shape(stable[name]), "")
        elif name not in stable:
            yield Difference(place, Kind.ADDED, "", shape(candidate[name]))
        else:
            yield from value_differences(place, stable[name], candidate[name])


def _of_items(path: str, stable: list[Any], candidate: list[Any]) -> Iterator[Difference]:
    if len(stable) != len(candidate):
        yield Difference(path, Kind.LENGTH, shape(stable), shape(candidate))
        return
    for ours, theirs in zip(stable, candidate, strict=True):
        yield from value_differences(f"{path}[*]", ours, theirs)


def _member(path: str, name: str) -> str:
    longer = f"{path}.{name}" if _NAME.fullmatch(name) else f"{path}[?]"
    return longer if len(longer) <= LONGEST_PATH else path
