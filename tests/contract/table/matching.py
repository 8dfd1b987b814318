"""How an answer differs from the one that a case expects: every difference, with its place."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.table.case import Made, Names, Spoken


def differences(expected: Any, actual: Any, names: Names, where: str = "body") -> Iterator[str]:
    """Members are compared in their order: it is part of the contract."""
    match expected:
        case Made():
            if not expected.fits(actual, names):
                yield f"{where}: {actual!r} is not {expected}"
        case Spoken():
            yield from differences(expected.said(names), actual, names, where)
        case dict():
            yield from _members(expected, actual, names, where)
        case list():
            yield from _items(expected, actual, names, where)
        case _:
            if type(expected) is not type(actual) or expected != actual:
                yield f"{where}: {actual!r} is not {expected!r}"


def header_differences(
    expected: Mapping[str, Any], actual: Mapping[str, str], names: Names
) -> Iterator[str]:
    for name, value in expected.items():
        yield from differences(value, actual.get(name), names, f"header {name}")


def _members(expected: dict[str, Any], actual: Any, names: Names, where: str) -> Iterator[str]:
    if not isinstance(actual, dict) or list(actual) != list(expected):
        yield f"{where}: {actual!r} has not the members {list(expected)}"
        return
    for name, member in expected.items():
        yield from differences(member, actual[name], names, f"{where}.{name}")


def _items(expected: list[Any], actual: Any, names: Names, where: str) -> Iterator[str]:
    if not isinstance(actual, list) or len(actual) != len(expected):
        yield f"{where}: {actual!r} has not {len(expected)} items"
        return
    for place, (item, there) in enumerate(zip(expected, actual, strict=True)):
        yield from differences(item, there, names, f"{where}[{place}]")
