"""Every case of contract v1, over HTTP, on engine v1, on engine v2 and at 50 %."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract.table.case import Case
from tests.contract.table.modes import MODES, Served, all_modes
from tests.contract.table.playing import Run
from tests.contract.v1.cases.everything import CASES
from tests.contract.v1.printed import PLAYED
from tests.support.databases import Clones


@pytest.fixture(scope="session")
def modes(
    clones: Clones, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Served]]:
    with all_modes(clones, tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.mark.database
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_contract_is_served(
    case: Case,
    mode: str,
    modes: dict[str, Served],
    record_property: Callable[[str, object], None],
) -> None:
    run = Run(case, modes[mode])
    try:
        run.play()
    finally:
        record_property(PLAYED, [case.id, mode, *run.engines])


def test_every_case_states_a_rule_of_its_own() -> None:
    rules = [case.id for case in CASES]

    assert len(rules) == len(set(rules))
