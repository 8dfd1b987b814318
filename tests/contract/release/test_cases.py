"""Every case of `/api/release`, over HTTP, on a running server."""

import re

import pytest

from serinus.presentation.http.release.app import contract
from serinus.presentation.http.v2.release_problems import CATALOGUE
from tests.contract.release.cases.everything import CASES
from tests.contract.release.planting import plant
from tests.contract.table.case import Case, Like, Names
from tests.contract.table.modes import Served
from tests.contract.table.playing import ALWAYS, Contract, Run
from tests.support.documented import operation_at, verify

EPOCHS = {"serinus-epoch": Like(r"[1-9]\d*")}  # each release has some of its own
RELEASE = Contract("/api/release", ALWAYS | EPOCHS, "application/problem+json", verify)


@pytest.mark.database
@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_contract_is_served(case: Case, running: Served) -> None:
    names = Names()
    plant(case, running.database, names)

    Run(case, running, RELEASE, names).play()


def test_every_case_states_a_rule_of_its_own() -> None:
    rules = [case.id for case in CASES]

    assert len(rules) == len(set(rules))


def test_every_operation_is_used() -> None:
    used = {
        operation
        for case in CASES
        for ask, _ in case.steps
        if (path := re.sub(r"[?].*", "", f"/api/release{ask.path}"))
        if (operation := operation_at(ask.method, path))
    }
    known = {
        f"{method} {path}"
        for path, operations in contract()["paths"].items()
        for method in operations
        if path.startswith("/api/release")
    }

    assert known - used == set()


def test_every_problem_there_is_with_releases_occurs() -> None:
    bodies = [answer.body for case in CASES for _, answer in case.steps]
    codes = {body.get("code") for body in bodies if isinstance(body, dict)}

    assert {known.code for known in CATALOGUE} - codes == set()
