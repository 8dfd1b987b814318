"""Rules a reviewer should never have to repeat."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import serinus

SOURCE = Path(serinus.__file__).parent
TESTS = Path(__file__).parents[1]
MODULES = sorted(SOURCE.rglob("*.py"))
VAGUE = {
    "base",
    "common",
    "core",
    "helper",
    "helpers",
    "lib",
    "manager",
    "misc",
    "service",
    "shared",
    "stuff",
    "util",
    "utils",
}
# In capitals, as we write it: sentences begin with these words as well.
SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|SET)\s")
LONGEST_MODULE = 300  # lines
LONGEST_FUNCTION = 40
# module:function -> why it is no better in pieces
LONG_FOR_A_REASON: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def name(module: Path) -> str:
    return module.relative_to(SOURCE).as_posix()


def functions(module: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(module)) if isinstance(node, Function))


def texts(module: Path) -> Iterator[ast.Constant]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_every_module_says_what_it_is() -> None:
    everything = [*MODULES, *TESTS.rglob("*.py")]

    assert [module for module in everything if not ast.get_docstring(tree(module))] == []


def test_no_module_has_a_vague_name() -> None:
    everything = [*MODULES, *TESTS.rglob("*.py")]

    assert [m for m in everything if VAGUE & {m.stem, m.parent.name}] == []


def test_packages_say_what_they_hold_and_reexport_nothing() -> None:
    packages = [module for module in MODULES if module.name == "__init__.py"]

    assert [name(package) for package in packages if any(imported(package))] == []


def test_sql_lives_in_the_postgres_package() -> None:
    # Engine v1 speaks to the database through its object mapper, in modules of its own.
    elsewhere = [
        module for module in MODULES if not {"postgres", "legacy"} & set(module.parts[-6:])
    ]

    assert [
        f"{name(module)}:{text.lineno}"
        for module in elsewhere
        for text in texts(module)
        if SQL.match(str(text.value))
    ] == []


def test_the_sql_of_migrations_stands_in_files_of_its_own() -> None:
    versions = SOURCE / "infrastructure" / "postgres" / "migrations" / "versions"
    steps = sorted(versions.glob("*.py"))

    assert steps
    assert [s.name for s in steps if any(SQL.match(str(text.value)) for text in texts(s))] == []


def test_the_core_needs_the_standard_library_alone() -> None:
    known = {*sys.stdlib_module_names, "serinus"}
    core = [m for m in MODULES if {"domain", "application"} & set(m.relative_to(SOURCE).parts)]

    assert {
        f"{name(module)}: {package}"
        for module in core
        for package in imported(module)
        if package.partition(".")[0] not in known
    } == set()


def test_a_module_fits_into_one_reading() -> None:
    lines = {name(module): len(module.read_text().splitlines()) for module in MODULES}

    assert {module: size for module, size in lines.items() if size > LONGEST_MODULE} == {}


def test_a_function_does_one_thing() -> None:
    long = {
        f"{name(module)}:{function.name}"
        for module in MODULES
        for function in functions(module)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    }

    assert long == set(LONG_FOR_A_REASON)


def test_most_functions_are_short() -> None:
    sizes = sorted(
        (function.end_lineno or 0) - function.lineno + 1
        for module in MODULES
        for function in functions(module)
    )

    assert sizes[len(sizes) * 9 // 10] <= 20


def test_tests_replace_nothing_of_ours_by_a_mock() -> None:
    assert [
        module.relative_to(TESTS).as_posix()
        for module in TESTS.rglob("*.py")
        if any(package.startswith(("unittest.mock", "mock")) for package in imported(module))
    ] == []
