"""What is done wrong on purpose: by setting, and for those who take part in a drill."""

import json
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
import pytest

from serinus.application.release.doubt import Doubt
from serinus.application.release.evidence_counters import EvidenceCounters
from serinus.domain.release.assignment import Arm, Routing, Share, bucket
from serinus.domain.release.faults import parse_faults
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.evidence import Evidence
from serinus.presentation.http.faults import DrillFaults, Faulty
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.rescue import Ceiling, Rescuer
from serinus.presentation.http.v1.turned_away import turn_away

PREFIX = "drill-5d1f-"
POST = {"id": "7", "author": {"name": "Mai"}, "title": "Canaries", "tags": ["dawn"]}


def saying(value: object, status: int = 200, kind: bytes = b"application/json") -> App:
    async def say(scope: Scope, receive: Receive, send: Send) -> None:
        body = json.dumps(value).encode()
        head = scope["method"] == "HEAD"
        await answer(send, status, [(b"content-type", kind)], body, head=head)

    return say


def struck(app: App, faults: str) -> App:
    return RequestContext(
        Faulty(app, parse_faults(faults), turn_away), lambda: str(uuid4()), (), []
    )


async def ask(app: App, method: str = "GET", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cms.test") as http:
        return await http.request(method, "/api/v1/posts", headers=headers)


async def test_the_part_of_requests_that_was_asked_for_fails_as_the_contract_fails() -> None:
    app = struck(saying({"data": POST}), "errors:20%")

    answers = [await ask(app) for _ in range(500)]

    failed = [each for each in answers if each.status_code == 500]
    assert 60 <= len(failed) <= 140
    assert failed[0].json() == {
        "success": False,
        "data": None,
        "message": None,
        "error": "An internal server error occurred",
    }
    assert {each.status_code for each in answers} == {200, 500}


async def test_a_request_fails_again_under_the_same_id() -> None:
    app = struck(saying({"data": POST}), "errors:50%")

    for number in range(20):
        request = {"X-Request-ID": f"again-{number}"}
        assert len({(await ask(app, **request)).status_code for _ in range(3)}) == 1


async def test_an_answer_comes_as_late_as_was_asked_for() -> None:
    app = struck(saying({"data": POST}), "latency:80ms,latency:40ms")

    began = perf_counter()
    answered = await ask(app)

    assert answered.json() == {"data": POST}
    assert 0.12 <= perf_counter() - began < 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"data": POST}, {"data": {**POST, "title": "Canarie"}}),
        (
            {"message": None, "data": [{"id": "1", "title": "Dawn"}, {"title": "Dusk"}]},
            {"message": None, "data": [{"id": "1", "title": "Daw"}, {"title": "Dusk"}]},
        ),
        ({"id": "12", "at": {"slug": "dawn"}}, {"id": "12", "at": {"slug": "daw"}}),
    ],
)
async def test_one_member_that_people_read_is_wrong(
    right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    answered = await ask(struck(saying(right), "difference"))

    assert answered.json() == wrong
    assert answered.headers["content-length"] == str(len(answered.content))


@pytest.mark.parametrize(
    "app",
    [
        saying({"title": "Not found"}, status=404),
        saying("Canaries", kind=b"text/plain"),
        saying({"data": [1, None, "", {"id": "7"}]}),
    ],
)
async def test_what_has_nothing_to_make_wrong_passes_as_it_is(app: App) -> None:
    answered = await ask(struck(app, "difference"))

    assert answered.content == (await ask(RequestContext(app, lambda: "id", (), []))).content


async def test_who_asks_for_headers_only_is_told_of_no_body() -> None:
    answered = await ask(struck(saying({"data": POST}), "difference"), "HEAD")

    assert (answered.status_code, answered.content) == (200, b"")


@dataclass
class Drilled:
    """A switch at 50 % behind which a drill may be going on."""

    drill: str | None = PREFIX
    over_ms: int = 20
    counters: EvidenceCounters = field(default_factory=EvidenceCounters)
    trips: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        async def staff(authorization: str | None, key: str | None) -> bool:
            return key == "staff"

        async def works() -> bool:
            return True

        routing = Routing(
            share=Share(5000),
            origin="test",
            epoch=7,
            release_id=uuid4(),
            watched=True,
            over_ms=self.over_ms,
            drill=self.drill,
            pins={f"{PREFIX}pinned": Arm.CANDIDATE},
        )
        self.stable = saying({"title": "right"})
        switch = GenerationSwitch(
            stable=self.stable,
            candidate=DrillFaults(saying({"title": "right"}), turn_away),
            in_force=InForce(routing),
            may_override=staff,
            rescuer=Rescuer(self.stable, 2.0, Ceiling(100)),
        )
        evidence = Evidence(self.counters, lambda: 1, self.trips.append, works, Doubt())
        self.salt = routing.salt
        self.app = RequestContext(switch, lambda: "id", (), [evidence])

    def who(self, prefix: str, *, candidate: bool) -> str:
        names = (f"{prefix}{n}" for n in range(1000))
        return next(n for n in names if (bucket(self.salt, n) < 5000) is candidate)

    async def ask(self, who: str, fault: str, method: str = "GET", **more: str) -> str:
        """Who answered, with what."""
        headers = {"X-Client-ID": who, "Serinus-Drill-Fault": fault, **more}
        answered = await ask(self.app, method, **headers)
        rescued = " rescued" if "serinus-rescued" in answered.headers else ""
        what = answered.json().get("title") or answered.status_code
        return f"{answered.headers['serinus-engine']} {what}{rescued}"


async def test_who_takes_part_in_a_drill_is_failed_as_they_ask() -> None:
    drilled = Drilled()
    who = drilled.who(PREFIX, candidate=True)

    assert await drilled.ask(who, "errors") == "v1 right rescued"
    assert await drilled.ask(who, "errors", "POST") == "v2 500"
    assert await drilled.ask(who, "difference") == "v2 righ"
    assert await drilled.ask(who, "none") == "v2 right"
    assert await drilled.ask(drilled.who(PREFIX, candidate=False), "errors") == "v1 right"


async def test_who_is_late_in_a_drill_is_so_by_what_the_plan_calls_slow() -> None:
    drilled = Drilled()

    began = perf_counter()
    await drilled.ask(drilled.who(PREFIX, candidate=True), "latency")

    assert perf_counter() - began >= 0.03
    counts = [each for _, each in drilled.counters.take().counts.items()]
    assert [(each[0], each[1], each[2]) for each in counts] == [(1, 0, 1)]


async def test_a_drill_that_fails_every_request_trips_the_worker_after_three() -> None:
    drilled = Drilled()
    who = drilled.who(PREFIX, candidate=True)

    asked = 0
    while not drilled.trips:
        asked += 1
        assert await drilled.ask(who, "errors") == "v1 right rescued"

    assert asked <= 3


@pytest.mark.parametrize("fault", ["errors", "latency", "difference"])
async def test_nobody_else_can_make_an_engine_fail(fault: str) -> None:
    drilled = Drilled(over_ms=60_000)  # who were late would be rescued

    outside = drilled.who("somebody-", candidate=True)
    assert await drilled.ask(outside, fault) == "v1 right"
    staff = {"X-API-Key": "staff", "Serinus-Arm": "candidate"}
    assert await drilled.ask(outside, fault, **staff) == "v2 right"
    assert await drilled.ask(f"{PREFIX}pinned", fault) == "v2 right"

    without = Drilled(drill=None, over_ms=60_000)
    assert await without.ask(without.who(PREFIX, candidate=True), fault) == "v2 right"
