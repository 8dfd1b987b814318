"""Every case of contract v2, over HTTP, on a running server."""

import re

import pytest

from serinus.presentation.http.v2.app import contract
from serinus.presentation.http.v2.problem_catalogue import BY_CODE
from serinus.presentation.http.v2.release_problems import CATALOGUE as OF_RELEASES
from tests.contract.table.case import Case
from tests.contract.table.modes import Served
from tests.contract.table.playing import ALWAYS, Contract, Run
from tests.contract.v2.cases.everything import CASES
from tests.support.documented import operation_at, verify

V2 = Contract("/api/v2", ALWAYS, "application/problem+json", verify)


@pytest.mark.database
@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_contract_is_served(case: Case, running: Served) -> None:
    Run(case, running, V2).play()


def test_every_case_states_a_rule_of_its_own() -> None:
    rules = [case.id for case in CASES]

    assert len(rules) == len(set(rules))


def test_every_operation_is_used() -> None:
    used = {
        operation
        for case in CASES
        for ask, _ in case.steps
        if (operation := operation_at(ask.method, re.sub(r"[?].*", "", f"/api/v2{ask.path}")))
    }
    known = {
        f"{method} {path}"
        for path, operations in contract()["paths"].items()
        for method in operations
        if path.startswith("/api/v2")
    }

    assert known - used == set()


def test_every_problem_there_is_occurs() -> None:
    bodies = [answer.body for case in CASES for _, answer in case.steps]
    codes = {body.get("code") for body in bodies if isinstance(body, dict)}

    assert BY_CODE.keys() - codes == {known.code for known in OF_RELEASES}
