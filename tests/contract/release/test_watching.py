"""`GET /api/release/watch`, as a browser's `EventSource` reads it."""

import json
from itertools import islice

import pytest

from tests.contract.release.cases.shapes import START
from tests.contract.release.planting import plant
from tests.contract.table.case import ADMIN, Names, case
from tests.contract.table.modes import Served
from tests.contract.table.state import World

STATE = case("somebody watches")


@pytest.mark.database
def test_the_status_is_sent_again_and_again(running: Served) -> None:
    names = Names()
    plant(STATE, running.database, names)
    World(STATE, running.database, names).plant()
    headers = {"Authorization": f"Bearer {names.known[f'{ADMIN}.access']}"}
    address = f"{running.base}/api/release"
    head = running.http.head(f"{address}/watch", headers=headers)

    with running.http.stream("GET", f"{address}/watch", headers=headers) as answer:
        events = (line for line in answer.iter_lines() if line)
        opening, *first = islice(events, 3)
        started = running.http.post(address, json=START, headers=headers)
        rest = (json.loads(line.removeprefix("data: ")) for line in events if "data:" in line)
        seen = next(each for each in rest if each["release"])

    assert (head.status_code, head.content) == (200, b"")
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
    assert answer.headers["cache-control"] == "private, no-store"
    assert (opening, first[0]) == ("retry: 1000", "event: status")
    assert json.loads(first[1].removeprefix("data: "))["release"] is None
    assert seen["release"]["id"] == started.json()["id"]
