"""Whatever is sent, a running server answers as the OpenAPI document of `/api/release` says."""

from typing import Any

import pytest

from serinus.presentation.http.release.app import contract
from tests.contract.release.planting import plant, release
from tests.contract.table.case import ADMIN, Names, case, key
from tests.contract.table.conforming import Law, operations_below
from tests.contract.table.modes import Served
from tests.contract.table.state import World

OPERATIONS = operations_below(contract(), "/api/release")
SCOPES = ["release:read", "release:steer", "release:override"]
STATE = case(
    "whatever is sent to what steers",
    key("script", of=ADMIN, scopes=SCOPES),
    release("one", phase="ramping", stage=1, share=5000),
)
NOTHING_YET = case("before the first release", key("script", of=ADMIN, scopes=SCOPES))


@pytest.mark.database
@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_as_documented(running: Served, label: str) -> None:
    Law(OPERATIONS[label], speak_of_what_is_there).hold(running)


def speak_of_what_is_there(drawn: Any, running: Served, names: Names, number: int) -> None:
    state = STATE if number % 3 else NOTHING_YET
    plant(state, running.database, names)
    World(state, running.database, names).plant()
    if number % 3 and "release_id" in (drawn.path_parameters or {}) and number <= 10:
        drawn.path_parameters["release_id"] = names.known["one"]
    if number % 2:
        drawn.headers.pop("If-Match", None)
