"""Every failure that is expected: what family it is of, and the code that programs rely on."""

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import serinus
from serinus.domain.errors import SerinusError
from serinus.presentation.http.v2.problems import STATUS_BY_FAMILY

# Entry points: importing the first runs it, and the second runs inside of Alembic alone.
NOT_IMPORTED = {"serinus.__main__", "serinus.infrastructure.postgres.migrations.env"}


def below(error: type[SerinusError]) -> Iterator[type[SerinusError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from below(kind)


@pytest.fixture(scope="module")
def errors() -> list[type[SerinusError]]:
    """All of ours; tests may have made some of their own."""
    for module in walk_packages(serinus.__path__, "serinus."):
        if module.name not in NOT_IMPORTED:
            import_module(module.name)
    return [kind for kind in below(SerinusError) if kind.__module__.startswith("serinus.")]


def test_every_error_is_of_exactly_one_family(errors: list[type[SerinusError]]) -> None:
    families = {
        error.__qualname__: [family.__qualname__ for family in error.__mro__ if family in known]
        for known in [set(STATUS_BY_FAMILY)]
        for error in errors
    }

    assert {error: found for error, found in families.items() if len(found) != 1} == {}


def test_every_leaf_has_a_code_of_its_own(errors: list[type[SerinusError]]) -> None:
    leaves = [error for error in errors if not error.__subclasses__()]

    assert [error.__qualname__ for error in leaves if "code" not in vars(error)] == []


def test_no_code_means_two_things(errors: list[type[SerinusError]]) -> None:
    codes = Counter(error.code for error in errors if "code" in vars(error))

    assert [code for code, number in codes.items() if number > 1] == []


def test_an_error_that_is_raised_by_name_has_a_code(errors: list[type[SerinusError]]) -> None:
    without = {error.__qualname__ for error in errors if not hasattr(error, "code")}

    assert without <= {"NotFound", "Conflict", "Unauthenticated", "Malformed"}
