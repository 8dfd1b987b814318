"""What is noted of every request, and what never is."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from structlog.testing import LogCapture

from serinus.infrastructure.logs import as_json
from serinus.presentation.http.accounting import AccessLog, RouteCounter, contract_of
from serinus.presentation.http.admission import UNLIMITED
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.route_table import RouteTable

ROUTES = RouteTable(["/api/v1/posts", "/api/v1/posts/{id}", "/api/v2/posts"])


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    scope["state"] |= {"engine": "v1", "epoch": 7}
    await answer(send, 200, [], b"hello")


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a mistake")


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """As when the client went away."""


@pytest.fixture
def events() -> Iterator[list[Any]]:
    before = structlog.get_config()
    capture = LogCapture()
    structlog.configure(
        processors=[capture],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=False,
    )
    yield capture.entries
    structlog.configure(**before)


class Counted:
    def __init__(self) -> None:
        self.seen: list[tuple[tuple[str, str, str, str], str]] = []

    def __call__(self, labels: tuple[str, str, str, str], status: str, seconds: float) -> None:
        assert 0 <= seconds < 10
        self.seen.append((labels, status))


def client(app: App, *observers: Any) -> httpx.AsyncClient:
    outer: Any = RequestContext(app, lambda: "an-id", observers=observers)
    transport = httpx.ASGITransport(app=outer, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://cms.test")


async def test_a_request_is_one_event_with_all_that_is_known_of_it(events: list[Any]) -> None:
    async with client(hello, AccessLog()) as http:
        await http.get("/api/v1/posts?token=secret")

    (event,) = events
    assert 0 <= event.pop("duration_ms") < 10_000
    assert event == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/api/v1/posts",
        "status": 200,
        "bytes": 5,
        "request_id": "an-id",
        "client": "127.0.0.1",
        "engine": "v1",
        "epoch": 7,
    }


async def test_a_mistake_of_ours_is_an_event_as_well(events: list[Any]) -> None:
    async with client(broken, AccessLog()) as http:
        await http.get("/api/v1/posts")

    failed, noted = events
    assert failed["event"] == "request failed"
    assert (noted["status"], noted["engine"]) == (500, None)


@pytest.mark.parametrize("path", sorted(UNLIMITED))
async def test_probes_of_health_are_not_noted(events: list[Any], path: str) -> None:
    async with client(hello, AccessLog()) as http:
        await http.get(path)

    assert events == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/a%0Ab%0D%1B%5B31m",
        "/api/v1/%E2%80%A8%C2%85",
        "/api/v1/" + "x" * 8000,
        "/api/v1/" + "%0A" * 3000,
    ],
)
async def test_a_path_neither_breaks_a_line_nor_fills_the_log(
    events: list[Any], path: str
) -> None:
    async with client(broken, AccessLog()) as http:
        await http.get(path)

    for event in events:
        assert event["path"].isascii()
        assert event["path"].isprintable()
        assert len(event["path"]) < 250
        event.pop("exc_info", None)
        line = as_json(None, "", event)
        assert len(line.splitlines()) == len(line.decode().splitlines()) == 1


async def test_bytes_that_no_server_lets_through_are_escaped_all_the_same(
    events: list[Any],
) -> None:
    scope: dict[str, Any] = {"path": "/x", "raw_path": b"/a\n\x1b\xff", "method": "GET" * 99}
    scope["state"] = {"request_id": "an-id", "client_address": ""}

    AccessLog()(scope, None, 0, 0.0)

    assert events[0]["path"] == "/a%0A%1B%FF"
    assert len(events[0]["method"]) == 20


def test_a_line_is_written_whatever_is_in_it() -> None:
    line = as_json(None, "", {"event": "half \ud83d", "thing": object(), "path": "a\nb"})

    assert json.loads(line)["event"] == "half \ud83d"
    assert len(line.splitlines()) == 1


async def test_requests_are_counted_by_route() -> None:
    counted = Counted()
    async with client(hello, RouteCounter(ROUTES, counted)) as http:
        for path in ("/api/v1/posts", "/api/v1/posts/1", "/api/v1/posts/2", "/api/v1/nothing"):
            await http.get(path)
        await http.request("BREW", "/api/v2/posts")

    assert counted.seen == [
        (("v1", "v1", "/api/v1/posts", "GET"), "200"),
        (("v1", "v1", "/api/v1/posts/{id}", "GET"), "200"),
        (("v1", "v1", "/api/v1/posts/{id}", "GET"), "200"),
        (("v1", "v1", "other", "GET"), "200"),
        (("v2", "v1", "/api/v2/posts", "other"), "200"),
    ]


async def test_who_went_away_is_counted_apart() -> None:
    counted, app = Counted(), RequestContext(silent, lambda: "an-id")
    app.observers = [RouteCounter(ROUTES, counted)]
    scope = {"type": "http", "method": "GET", "path": "/health", "query_string": b""}
    scope["headers"] = []

    async def nothing(*_: Any) -> Any: ...

    await app(scope, nothing, nothing)

    assert counted.seen == [(("none", "none", "other", "GET"), "none")]
    assert app.in_flight == 0


async def test_a_log_that_cannot_be_written_spoils_no_answer() -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    counted = Counted()
    async with client(hello, full, RouteCounter(ROUTES, counted)) as http:
        assert (await http.get("/api/v1/posts")).text == "hello"

    assert len(counted.seen) == 1


@pytest.mark.parametrize(
    ("path", "contract"),
    [
        ("/api/v1", "v1"),
        ("/api/v1/posts", "v1"),
        ("/api/v2/posts", "v2"),
        ("/api/v2", "v2"),
        ("/api/v10/posts", "none"),
        ("/health", "none"),
    ],
)
def test_every_path_belongs_to_a_contract_or_to_none(path: str, contract: str) -> None:
    assert contract_of(path) == contract


async def test_requests_in_flight_are_those_that_have_come_and_not_gone() -> None:
    seen: list[int] = []

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(app.in_flight)
        raise RuntimeError

    app = RequestContext(look, lambda: "an-id")
    transport: Any = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cms.test") as http:
        await http.get("/")

    assert seen == [1]
    assert app.in_flight == 0
