"""The suites of the Makefile: what asks a running server belongs to one of them."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITES = ("v2-end-to-end", "v1-compatibility", "v2-database", "canary")


def paths(*targets: str) -> list[Path]:
    """That they hand to pytest."""
    told = subprocess.run(  # noqa: S603 - our own Makefile; nothing is run
        ["make", "--dry-run", "--no-print-directory", *targets],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    commands = [line for line in told.splitlines() if "pytest" in line]
    return [
        ROOT / word
        for command in commands
        for word in command.split()
        if word.startswith("tests/")
    ]


def files(*targets: str) -> list[Path]:
    return [
        file.relative_to(ROOT)
        for path in paths(*targets)
        for file in ([path] if path.is_file() else path.rglob("test_*.py"))
    ]


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_names_what_is_there(suite: str) -> None:
    assert [path for path in paths(f"test-{suite}") if not path.exists()] == []


def test_every_end_to_end_test_and_every_contract_is_in_one_suite() -> None:
    everything = [
        file.relative_to(ROOT)
        for folder in ("e2e", "contract")
        for file in (ROOT / "tests" / folder).rglob("test_*.py")
    ]
    times = Counter(file for suite in SUITES for file in files(f"test-{suite}"))

    assert {file for file in everything if times[file] != 1} == set()


def test_in_parts_every_test_is_run_once() -> None:
    """As .ci/run has them."""
    tests = [file.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py")]

    assert sorted(files("coverage", "test-on-servers", "test-contracts")) == sorted(tests)
