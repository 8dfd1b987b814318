"""A read that the candidate fails is answered by stable, and counted as its failure.

The arms are ASGI applications of the test's own.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx
import pytest

from serinus.application.release.doubt import CLOSER, Doubt
from serinus.application.release.evidence_counters import EvidenceCounters
from serinus.domain.release.assignment import Arm, Routing, Share, bucket
from serinus.domain.release.evidence import Counts, stratum
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer, carry
from serinus.presentation.http.evidence import Evidence
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.rescue import Ceiling, Rescuer
from serinus.presentation.http.route_table import RouteTable

PATIENCE = 0.2  # seconds
POSTS = "/api/v1/posts"


async def stable(scope: Scope, receive: Receive, send: Send) -> None:
    carry(scope, [(b"x-served-by", b"stable")])
    await answer(send, 200, [], b"stable")


async def down(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, 503, [(b"retry-after", b"5")], b"down")


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    carry(scope, [(b"x-served-by", b"candidate")])
    scope["path"] = "/elsewhere"
    await answer(send, 500, [], b"candidate")


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("secret detail")


async def hanging(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(60)


async def late(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(2 * PATIENCE)
    await answer(send, 200, [], b"late")


async def slow_to_end(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.sleep(2 * PATIENCE)
    await send({"type": "http.response.body", "body": b"candidate"})


async def missing(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, 404, [], b"candidate")


@dataclass
class Tried:
    """A switch with all that is behind it. `client_id` is on the arm that `share` gives it."""

    candidate: App
    stable: App = stable
    share: str = "100"
    ceiling: int = 100
    release: UUID = field(default_factory=uuid4)
    counters: EvidenceCounters = field(default_factory=EvidenceCounters)
    trips: list[str] = field(default_factory=list)
    probe: bool = True
    doubt: Doubt = field(default_factory=Doubt)

    def __post_init__(self) -> None:
        async def nobody(authorization: str | None, key: str | None) -> bool:
            return key == "staff"

        async def works() -> bool:
            return self.probe

        routing = Routing(
            share=Share.from_percent(self.share),
            origin="test",
            epoch=7,
            release_id=self.release,
            watched=True,
        )
        switch = GenerationSwitch(
            stable=self.stable,
            candidate=self.candidate,
            in_force=InForce(routing),
            may_override=nobody,
            routes=RouteTable([POSTS, "/api/v1/posts/{id}"]),
            rescuer=Rescuer(self.stable, PATIENCE, Ceiling(self.ceiling)),
        )
        evidence = Evidence(
            self.counters, lambda: 1, self.trips.append, works, self.doubt, PATIENCE
        )
        self.routing, self.app = routing, RequestContext(switch, lambda: "id", (), [evidence])

    async def ask(
        self, method: str = "GET", path: str = POSTS, **headers: str
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://cms.test") as http:
            return await http.request(method, path, headers={"X-Client-ID": "one", **headers})

    def counted(self) -> dict[tuple[Arm, str], Counts]:
        found: dict[tuple[Arm, str], Counts] = {}
        for (_, _, arm, route, _), counts in self.counters.take().counts.items():
            key = (arm, route)
            found[key] = found.get(key, Counts()) + Counts.from_json(counts)
        return found


@pytest.mark.parametrize("candidate", [failing, raising, hanging])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_reads_never_sees_that_the_candidate_failed(
    candidate: App, method: str
) -> None:
    tried = Tried(candidate)

    answered = await tried.ask(method)

    assert answered.status_code == 200
    assert answered.headers["serinus-rescued"] == "v2"
    assert answered.headers["serinus-engine"] == "v1"
    assert answered.headers.get_list("x-served-by") == ["stable"]
    counts = tried.counted()
    assert set(counts) == {(Arm.CANDIDATE, POSTS)}
    assert (counts[Arm.CANDIDATE, POSTS].errors, counts[Arm.CANDIDATE, POSTS].rescued) == (1, 1)


@pytest.mark.parametrize(
    ("candidate", "share", "left"),
    [(failing, "100", CLOSER), (stable, "100", 0), (failing, "0", 0)],
    ids=["the candidate's", "none", "of an arm that nobody asked"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_failure_of_the_candidate_makes_its_worker_look_closer(
    candidate: App, share: str, left: int, method: str
) -> None:
    tried = Tried(candidate, share=share)

    await tried.ask(method)

    assert tried.doubt.left == left


async def test_what_stable_takes_too_long_for_as_well_is_a_cause_that_both_share() -> None:
    """As when the database hangs, and answers both again."""
    tried = Tried(hanging, stable=late)

    answered = await tried.ask()

    assert (answered.status_code, answered.text) == (200, "late")
    counts = tried.counted()[Arm.CANDIDATE, POSTS]
    assert (counts.errors, counts.rescued, counts.shared) == (1, 0, 1)


@pytest.mark.parametrize(
    ("app", "method", "errors"),
    [(late, "GET", 1), (late, "HEAD", 1), (late, "POST", 0), (slow_to_end, "GET", 0)],
)
async def test_stable_is_waited_for_no_longer_than_the_candidate_is(
    app: App, method: str, errors: int
) -> None:
    """What the candidate would be rescued from counts as a failure of stable's."""
    tried = Tried(failing, stable=app, share="0")

    answered = await tried.ask(method)

    assert answered.status_code == 200
    assert tried.counted()[Arm.STABLE, POSTS].errors == errors


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_is_never_sent_twice(method: str) -> None:
    tried = Tried(failing)

    answered = await tried.ask(method)

    assert (answered.status_code, answered.text) == (500, "candidate")
    assert "serinus-rescued" not in answered.headers
    assert tried.counted()[Arm.CANDIDATE, POSTS].errors == 1


async def test_what_both_fail_is_a_shared_cause() -> None:
    tried = Tried(failing, stable=down)

    answered = await tried.ask()

    assert (answered.status_code, answered.headers["retry-after"]) == (503, "5")
    counts = tried.counted()[Arm.CANDIDATE, POSTS]
    assert (counts.errors, counts.rescued, counts.shared) == (1, 0, 1)


async def test_an_answer_that_has_begun_is_not_given_up() -> None:
    answered = await Tried(slow_to_end).ask()

    assert (answered.status_code, answered.text) == (200, "candidate")


async def test_what_is_the_clients_fault_is_no_failure() -> None:
    tried = Tried(missing)

    answered = await tried.ask()

    assert (answered.status_code, answered.text) == (404, "candidate")
    counts = tried.counted()[Arm.CANDIDATE, POSTS]
    assert (counts.requests, counts.errors, counts.client_errors) == (1, 0, 1)


async def test_beyond_the_ceiling_failures_are_seen() -> None:
    tried = Tried(failing, ceiling=0)

    assert (await tried.ask()).status_code == 500


async def test_staff_sees_what_the_arm_they_asked_for_does_and_is_no_evidence() -> None:
    tried = Tried(failing)

    answered = await tried.ask(**{"X-API-Key": "staff", "Serinus-Arm": "candidate"})

    assert (answered.status_code, answered.text) == (500, "candidate")
    assert tried.counted() == {}


async def test_evidence_stands_where_the_hash_puts_a_consumer() -> None:
    tried = Tried(missing, share="50")
    for n in range(200):
        await tried.ask(**{"X-Client-ID": f"consumer {n}"})

    placed = {
        (place[2], place[4]): counts[0]
        for place, counts in tried.counters.take().counts.items()
    }
    expected: dict[tuple[Arm, int], int] = {}
    for n in range(200):
        number = bucket(tried.routing.salt, f"consumer {n}")
        arm = Arm.CANDIDATE if number < 5_000 else Arm.STABLE
        expected[arm, stratum(number)] = expected.get((arm, stratum(number)), 0) + 1
    assert placed == expected


async def test_paths_that_clients_invent_are_counted_as_one() -> None:
    tried = Tried(missing)
    for n in range(100):
        await tried.ask(path=f"/api/v1/made-up/{n}")

    assert {route for _, route in tried.counted()} == {"other"}


async def test_three_failures_trip_and_the_readers_saw_none_of_them() -> None:
    tried = Tried(failing)

    statuses = [(await tried.ask()).status_code for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert len(tried.trips) >= 1
    assert "3 of 3 requests failed" in tried.trips[0]


async def test_what_stable_fails_as_well_does_not_trip() -> None:
    tried = Tried(failing, stable=down)
    for _ in range(20):
        await tried.ask()

    assert tried.trips == []


@pytest.mark.parametrize("works", [True, False])
async def test_where_nothing_is_known_of_stable_it_is_asked(*, works: bool) -> None:
    tried = Tried(failing, probe=works)
    for _ in range(3):
        await tried.ask("POST")
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert bool(tried.trips) is works
