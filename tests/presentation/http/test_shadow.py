"""What stable has answered is asked of the candidate, and nobody waits for that.

The arms are ASGI applications of the test's own.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from serinus.application.release.comparison_counters import (
    MOST_PATHS,
    MOST_ROUTES,
    Compared,
    ComparisonCounters,
    Outcome,
)
from serinus.application.release.doubt import CLOSER, Doubt
from serinus.domain.release.assignment import Arm, Routing, Share
from serinus.domain.release.comparison import Difference, Kind
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.route_table import RouteTable
from serinus.presentation.http.shadow import MOST_BYTES, WRITES, Shadow, Shadowed
from tests.support.measured import MEASURED

PATIENCE = 0.2  # seconds
POSTS = "/api/v1/posts"
HEADERS = [(b"content-type", b"application/json")]


def saying(value: object, status: int = 200) -> App:
    body = json.dumps(value).encode()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await answer(send, status, HEADERS, body)

    return app


async def raising(_: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("secret detail")


async def hanging(_: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(60)


@dataclass
class Saying:
    """One thing after the other, the last one for ever."""

    values: list[object]
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        value = self.values[min(self.asked, len(self.values) - 1)]
        self.asked += 1
        await saying(value)(scope, receive, send)


@dataclass
class Tries:
    wrote: bool = False
    unserved: bool = False


@dataclass
class Tried:
    """A switch at share 0 with all that is behind it; a release of which is comparing."""

    stable: App
    candidate: App
    routing: dict[str, Any] = field(default_factory=dict)
    writes: bool = False
    unserved: bool = False
    most_waiting: int = 256
    release: UUID = field(default_factory=uuid4)
    counters: ComparisonCounters = field(default_factory=ComparisonCounters)
    doubt: Doubt = field(default_factory=Doubt)

    def __post_init__(self) -> None:
        async def staff(authorization: str | None, key: str | None) -> bool:
            return key == "staff"

        @contextmanager
        def watched() -> Iterator[Tries]:
            yield Tries(self.writes, self.unserved)

        in_force = {"share": Share(0), "origin": "test", "watched": True, "shadow": 1.0}
        routing = Routing(**{**in_force, "release_id": self.release, **self.routing})
        self.shadow = Shadow(
            self.stable,
            self.candidate,
            self.counters,
            watched,
            patience=PATIENCE,
            most_waiting=self.most_waiting,
        )
        self.switch = GenerationSwitch(
            stable=Shadowed(self.stable, self.shadow, self.doubt),
            candidate=self.candidate,
            in_force=InForce(routing),
            may_override=staff,
            routes=RouteTable([POSTS, "/api/v1/excluded"]),
        )
        self.app: App = RequestContext(self.switch, lambda: str(uuid4()))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield http

    async def ask(
        self, times: int = 1, method: str = "GET", path: str = POSTS, **headers: str
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        async with self.client() as http:
            for _ in range(times - 1):
                await http.request(method, path, headers=sent)
            return await http.request(method, path, headers=sent)

    async def settled(self) -> Compared:
        """When all that is to be compared has been."""
        going = asyncio.create_task(self.shadow.go_on())
        await self.shadow.settled()
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        return self.counters.take()

    async def outcome(self, **request: Any) -> str:
        """What one request came to; "" if it was not compared."""
        await self.ask(**request)
        counts = (await self.settled()).counts.get((self.release, POSTS))
        if counts is None:
            return ""
        assert sum(counts) == 1
        return Outcome(list(counts).index(1)).name


async def test_an_equal_answer_is_counted_by_its_route() -> None:
    tried = Tried(saying({"a": 1, "took_ms": 1}), saying({"took_ms": 9, "a": 1}))

    assert await tried.outcome() == "EQUAL"


async def test_the_client_has_its_answer_before_the_candidate_is_asked() -> None:
    candidate = Saying([{"a": 1}])
    tried = Tried(saying({"a": 1}), candidate)

    answered = await tried.ask()

    assert (answered.json(), answered.headers["serinus-engine"]) == ({"a": 1}, "v1")
    assert candidate.asked == 0
    await tried.settled()
    assert candidate.asked == 1


async def test_a_difference_that_stays_is_told_with_its_place_and_form() -> None:
    tried = Tried(saying({"a": "ada@example.org"}), saying({"a": None}))
    await tried.ask()

    batch = await tried.settled()

    found = batch.found[tried.release, POSTS, "$.a"]
    assert found.count == 1
    assert found.first == Difference("$.a", Kind.TYPE, "text of 15: aaa@aaaaaaa.aaa", "null")


@pytest.mark.parametrize("again", [{"a": 2}, {"a": 3}])
async def test_where_stable_differs_from_itself_it_is_noise(again: object) -> None:
    stable = Saying([{"a": 1}, again])

    assert await Tried(stable, saying({"a": 2})).outcome() == "NOISE"
    assert stable.asked == 2


async def test_stable_is_not_asked_again_where_nothing_differs() -> None:
    stable = Saying([{"a": 1}])

    await Tried(stable, saying({"a": 1})).outcome()

    assert stable.asked == 1


@pytest.mark.parametrize(
    "failing", [saying({}, 500), raising, hanging], ids=["500", "raising", "hanging"]
)
async def test_where_one_arm_alone_fails_it_is_counted_for_the_other(failing: App) -> None:
    works = saying({"a": 1})

    assert await Tried(works, failing).outcome() == "WORSE"
    if failing is not hanging:
        assert await Tried(failing, works).outcome() == "BETTER"
        assert await Tried(failing, failing).outcome() == "SHARED"


async def test_an_arm_that_takes_too_long_fails_whichever_it_is() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1.5 * PATIENCE)
        await saying({"a": 1})(scope, receive, send)

    assert await Tried(slow, saying({"a": 1})).outcome() == "BETTER"
    assert await Tried(saying({"a": 1}), slow).outcome() == "WORSE"


async def test_a_route_whose_candidate_writes_cannot_be_compared() -> None:
    tried = Tried(saying({}), saying({}, 503), writes=True)
    await tried.ask()

    batch = await tried.settled()

    assert batch.cannot == {(tried.release, POSTS): WRITES}
    assert sum(batch.counts[tried.release, POSTS]) == 0


async def test_that_comparing_has_no_connection_is_not_the_candidates_fault() -> None:
    assert await Tried(saying({}), saying({}, 503), unserved=True).outcome() == "SKIPPED"


@pytest.mark.parametrize(
    ("routing", "request_"),
    [
        ({"watched": False}, {}),
        ({"shadow": 0.0}, {}),
        ({"share": Share(10_000)}, {}),  # the candidate has answered it
        ({}, {"method": "HEAD"}),
        ({}, {"method": "POST"}),
        ({}, {"serinus_arm": "stable", "x_api_key": "staff"}),
        ({"pins": {"pinned": Arm.STABLE}}, {"x_client_id": "pinned"}),
        ({"excluded_routes": frozenset([POSTS])}, {}),
        ({"drill": "drill-"}, {"x_client_id": "somebody"}),
    ],
    ids=str,
)
async def test_what_is_no_evidence_is_not_compared(
    routing: dict[str, Any], request_: dict[str, Any]
) -> None:
    tried = Tried(saying({}), saying({}), routing=routing)

    assert await tried.outcome(**request_) == ""
    assert not await tried.settled()


async def test_a_drill_compares_what_its_own_consumers_ask_for() -> None:
    tried = Tried(saying({}), saying({}), routing={"drill": "drill-"})

    assert await tried.outcome(x_client_id="drill-1") == "EQUAL"


async def test_while_ramping_a_sample_is_compared() -> None:
    tried = Tried(saying({}), saying({}), routing={"shadow": 0.2, "salt": "salt"})
    for number in range(200):
        await tried.ask(x_request_id=f"request-{number}")

    batch = await tried.settled()

    assert 20 < sum(batch.counts[tried.release, POSTS]) < 60


async def test_after_a_failure_of_the_candidate_the_next_reads_are_all_compared() -> None:
    routing = {"shadow": 0.2, "salt": "salt"}
    tried = Tried(saying({}), saying({}), routing=routing, most_waiting=300)
    tried.doubt.failed()
    for number in range(300):
        await tried.ask(x_request_id=f"request-{number}")

    batch = await tried.settled()

    # As many as that, and of all the sample.
    assert CLOSER + 40 < sum(batch.counts[tried.release, POSTS]) < 300
    assert tried.doubt.left == 0


@pytest.mark.parametrize(
    ("routing", "method"), [({"shadow": 0.0}, "GET"), ({"shadow": 0.2}, "POST")]
)
async def test_no_failure_makes_what_is_never_compared_so(
    routing: dict[str, object], method: str
) -> None:
    tried = Tried(saying({}), saying({}), routing=routing)
    tried.doubt.failed()

    assert await tried.outcome(method=method) == ""
    assert tried.doubt.left == CLOSER


async def test_what_is_too_much_at_once_is_skipped_and_counted() -> None:
    tried = Tried(saying({}), saying({}), most_waiting=3)
    await tried.ask(times=10)

    batch = await tried.settled()

    counts = batch.counts[tried.release, POSTS]
    assert (counts[Outcome.EQUAL.value], counts[Outcome.SKIPPED.value]) == (3, 7)


async def test_what_has_waited_too_long_is_not_compared_any_more() -> None:
    tried = Tried(saying({"a": 1}), saying({"a": 2}))
    tried.shadow.longest_wait = 0.0

    assert await tried.outcome() == "SKIPPED"


async def test_however_cheap_reads_are_clients_have_most_of_the_time() -> None:
    busy = 0.0

    async def working(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal busy
        began = perf_counter()
        while perf_counter() - began < 0.002:  # it never waits
            pass
        busy += perf_counter() - began
        await saying({})(scope, receive, send)

    tried = Tried(saying({}), working)
    await tried.ask(times=50)
    began = perf_counter()
    await tried.settled()

    assert busy < 0.45 * (perf_counter() - began)


async def test_an_answer_that_is_too_long_is_passed_on_and_skipped() -> None:
    long = saying("x" * MOST_BYTES)
    tried = Tried(long, saying({}))

    answered = await tried.ask()

    assert len(answered.content) > MOST_BYTES
    assert (await tried.settled()).counts[tried.release, POSTS][Outcome.SKIPPED.value] == 1
    assert await Tried(saying({}), long).outcome() == "SKIPPED"


async def test_many_long_answers_do_not_fill_the_memory() -> None:
    tried = Tried(saying("x" * (MOST_BYTES - 2)), saying({}))
    await tried.ask(times=20)

    counts = (await tried.settled()).counts[tried.release, POSTS]

    assert (sum(counts), counts[Outcome.SKIPPED.value]) == (20, 4)


async def test_what_an_arm_writes_into_its_scope_does_not_reach_the_other() -> None:
    seen = []

    async def scribbling(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["path"], sorted(scope["state"])))
        scope["path"] = "/elsewhere"
        scope["state"]["user"] = "somebody"
        await saying({"n": len(seen)})(scope, receive, send)

    tried = Tried(scribbling, scribbling)
    await tried.ask()
    await tried.settled()

    (path, state), *others = seen
    assert path == POSTS
    assert len(others) == 2  # the candidate, and stable again
    assert all(
        each == (POSTS, ["attempt", "client_address", "request_id", "route", "tls"])
        for each in others
    )
    assert "attempt" in state


async def test_one_that_goes_wrong_does_not_end_comparing() -> None:
    async def odd(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": "no number", "headers": []})
        await send({"type": "http.response.body"})

    tried = Tried(saying({}), odd)
    await tried.ask(times=5)

    assert (await tried.settled()).counts[tried.release, POSTS][Outcome.SKIPPED.value] == 5


def test_what_is_counted_is_bounded_whatever_comes() -> None:
    counters, release = ComparisonCounters(), uuid4()
    for route in range(500):
        for path in range(5):
            told = Difference(f"$.{path}", Kind.VALUE, "", "")
            counters.add((release, f"/{route}"), Outcome.DIFFERING, [told])

    batch = counters.take()

    assert len(batch.counts) <= MOST_ROUTES + 1
    assert len(batch.found) <= MOST_PATHS + MOST_ROUTES + 1
    assert sum(counts[Outcome.DIFFERING.value] for counts in batch.counts.values()) == 2500
    assert sum(found.count for found in batch.found.values()) == 2500
    assert not counters.take()


async def test_what_it_costs_a_request(record_property: Callable[[str, object], None]) -> None:
    """Measured, not promised: a busy machine breaks no law."""
    plain, taken = saying({}), {}
    for name, routing in {"bare": None, "offered": {}, "left out": {"shadow": 0.0001}}.items():
        tried = Tried(plain, plain, routing=routing or {}, most_waiting=1_000_000)
        app = plain if routing is None else Shadowed(plain, tried.shadow, tried.doubt)
        taken[name] = min([await _seconds(app, tried, 2000) for _ in range(5)])
    for name in ("offered", "left out"):
        added = 1e6 * (taken[name] - taken["bare"])
        record_property(MEASURED, f"{added:.1f} us added to a read that is {name}")
        assert added < 500


async def _seconds(app: App, tried: Tried, times: int) -> float:
    """Of one request."""
    scopes: list[Scope] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    tried.switch = replace(tried.switch, stable=keep)
    context = RequestContext(tried.switch, lambda: str(uuid4()))
    for _ in range(times):
        scope = {"type": "http", "method": "GET", "path": POSTS, "headers": []}
        await context({**scope, "query_string": b"", "client": None}, _nothing, _nowhere)
    began = perf_counter()
    for each in scopes:
        await app(each, _nothing, _nowhere)
    return (perf_counter() - began) / times


async def _nothing() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nowhere(_: Any) -> None:
    return None
