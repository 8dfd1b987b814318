"""The canary by the environment alone: week by week up, and step by step back."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Starting
from tests.e2e.consumers import CONSUMERS, engines, on_v2
from tests.e2e.traffic import MEMBERS
from tests.support.engines import needs_engine_v1
from tests.support.measured import MEASURED
from tests.support.serving import RunningServer

pytestmark = needs_engine_v1

VARIABLE = "API_V2_TRAFFIC_PERCENTAGE"
WEEKS = ("10", "50", "90", "100")
ROLLBACK = ("50", "10", "0")
UNSET = "unset"
ASKED = CONSUMERS[:400]
NEAR = 3.0  # percentage points: some hundred consumers are no continuum
PASSWORD = "a canary in the coal mine"


@dataclass(frozen=True)
class Served:
    """What consumers saw while one setting was in force."""

    setting: str
    by: dict[str, str]  # consumer -> engine
    again: dict[str, str]  # some of them, once more

    @property
    def on_v2(self) -> set[str]:
        return on_v2(self.by)

    @property
    def share(self) -> float:
        """Of engine v2, in percent."""
        return 100 * len(self.on_v2) / len(self.by)


class People:
    """Signed up in the first week; whoever serves them later has to know them."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}

    async def sign_up(self, server: RunningServer, count: int) -> None:
        async with server.client() as http:
            for number in range(count):
                person = {"username": f"person-{number}", "email": f"p{number}@example.org"}
                answer = await http.post(
                    "/api/v1/auth/register", json=person | {"password": PASSWORD}
                )
                told = self._body(answer, 201)
                self.tokens[person["email"]] = told["tokens"]["access_token"]

    async def are_known(self, server: RunningServer) -> None:
        async with server.client() as http:
            for email, token in self.tokens.items():
                headers = {"Authorization": f"Bearer {token}"}
                answer = await http.get("/api/v1/auth/profile", headers=headers)

                assert self._body(answer, 200)["email"] == email

    @staticmethod
    def _body(answer: httpx.Response, status: int) -> dict[str, Any]:
        """Of contract v1, whichever engine made it."""
        assert answer.status_code == status, answer.text
        assert list(answer.json()) == MEMBERS
        data: dict[str, Any] = answer.json()["data"]
        return data


async def serve(starting: Starting, setting: str, people: People) -> Served:
    """A server that is started with the setting, as one deploys it."""
    given = {} if setting == UNSET else {VARIABLE: setting}
    with starting(**given, SERINUS_ACCESS_LOG="false") as server:
        if not people.tokens:
            await people.sign_up(server, 4)
        await people.are_known(server)
        return Served(setting, await engines(server, ASKED), await engines(server, ASKED[:50]))


@pytest.mark.timeout(400)
async def test_the_environment_moves_consumers_week_by_week_and_takes_them_back(
    starting: Starting, record_property: Callable[[str, object], None]
) -> None:
    people = People()
    up = [await serve(starting, setting, people) for setting in WEEKS]
    back = [await serve(starting, setting, people) for setting in ROLLBACK]
    unset = await serve(starting, UNSET, people)
    record_property(
        MEASURED,
        ", ".join(f"{each.setting}: {each.share:.1f} %" for each in [*up, *back, unset]),
    )

    for each in [*up, *back]:
        assert abs(each.share - float(each.setting)) < NEAR
        assert each.again == {consumer: each.by[consumer] for consumer in each.again}
    # Nothing and everything are exact.
    assert (up[-1].share, back[-1].share, unset.share) == (100, 0, 0)
    # Raising the share only adds consumers, lowering it only removes them.
    assert all(less.on_v2 <= more.on_v2 for less, more in pairwise(up))
    assert all(more.on_v2 >= less.on_v2 for more, less in pairwise([up[-1], *back]))
    # And those who come back are those who went.
    went = {each.setting: each.on_v2 for each in up}
    assert all(each.on_v2 == went[each.setting] for each in back if each.setting in went)
