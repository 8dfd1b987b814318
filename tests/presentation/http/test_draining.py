"""A server that is about to end, on an application of the test's own."""

import httpx
import pytest

from serinus.presentation.http.asgi import Receive, Scope, Send, answer
from serinus.presentation.http.draining import Draining
from serinus.presentation.http.request_context import RequestContext
from serinus.wiring.edge import draining

READINESS = ["/readyz", "/api/v2/readyz", "/api/v1/health/readiness"]


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, 200, [], b"hello")


@pytest.fixture
def front() -> Draining:
    return draining(hello)


@pytest.fixture
def client(front: Draining) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=RequestContext(front, lambda: "an-id"))
    return httpx.AsyncClient(transport=transport, base_url="http://cms.test")


@pytest.mark.parametrize("path", ["/api/v2/posts", *READINESS])
async def test_nothing_is_said_before_it_begins(client: httpx.AsyncClient, path: str) -> None:
    given = await client.get(path)

    assert given.status_code == 200
    assert "connection" not in given.headers


async def test_requests_are_answered_and_their_connections_closed(
    front: Draining, client: httpx.AsyncClient
) -> None:
    front.begin()
    given = await client.get("/api/v2/posts")

    assert (given.status_code, given.text) == (200, "hello")
    assert given.headers["connection"] == "close"


@pytest.mark.parametrize("path", READINESS)
async def test_it_is_not_ready_in_the_form_of_the_contract(
    front: Draining, client: httpx.AsyncClient, path: str
) -> None:
    front.begin()
    given = await client.get(path)

    assert given.status_code == 503
    assert given.headers["retry-after"].isdigit()
    assert ("success" in given.json()) == path.startswith("/api/v1")
    assert given.headers["content-type"].endswith("json")


async def test_it_is_alive_all_the_same(front: Draining, client: httpx.AsyncClient) -> None:
    front.begin()

    assert (await client.get("/healthz")).status_code == 200


async def test_http_2_is_spared_the_header_that_it_forbids(front: Draining) -> None:
    front.begin()
    scope: Scope = {"type": "http", "http_version": "2", "path": "/", "state": {}}

    async def send(_: object) -> None: ...

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    await front(scope, receive, send)

    assert "carried" not in scope["state"]
