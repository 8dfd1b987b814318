"""What contract v1 says of its end, in the exact form that the standards give."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.presentation.http.admission import Admission
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer
from serinus.presentation.http.deprecation import Deprecation, Successors
from serinus.presentation.http.request_context import RequestContext

POST_ID = "0190b2f4-5a3c-7d10-8e2f-1234567890ab"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LAST_SECOND = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


def answering(status: int) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, status, [(b"content-type", b"application/json")], b"{}")

    return app


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a mistake")


def deprecating(
    app: App,
    deprecated_at: datetime | None = NEW_YEAR,
    sunset_at: datetime | None = LAST_SECOND,
    serves: Callable[[str], bool] = lambda _: True,
) -> httpx.AsyncClient:
    inner = Deprecation(
        app,
        deprecated_at=deprecated_at,
        sunset_at=sunset_at,
        successors=Successors(serves),
    )
    outer: Any = RequestContext(inner, lambda: "an-id")
    transport = httpx.ASGITransport(app=outer, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://cms.test")


async def test_the_headers_have_the_form_their_standards_give() -> None:
    async with deprecating(answering(200)) as http:
        posts = await http.get("/api/v1/posts")

    assert posts.headers["deprecation"] == "@1767225600"  # RFC 9745, a date of RFC 9651
    assert posts.headers["sunset"] == "Thu, 31 Dec 2026 23:59:59 GMT"  # RFC 8594
    assert posts.headers["link"] == '</api/v2/posts>; rel="successor-version"'  # RFC 8288


async def test_dates_of_other_zones_are_told_in_greenwich_time() -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 1, 1, 9, tzinfo=tokyo)
    async with deprecating(answering(200), at, at) as http:
        posts = await http.get("/api/v1/posts")

    assert posts.headers["deprecation"] == "@1767225600"
    assert posts.headers["sunset"] == "Thu, 01 Jan 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("deprecated_at", "sunset_at", "told"),
    [
        (NEW_YEAR, None, {"deprecation", "link"}),
        (None, LAST_SECOND, {"sunset", "link"}),
        (None, None, set()),
    ],
)
async def test_each_date_is_told_alone_as_well(
    deprecated_at: datetime | None, sunset_at: datetime | None, told: set[str]
) -> None:
    async with deprecating(answering(200), deprecated_at, sunset_at) as http:
        headers = (await http.get("/api/v1/posts")).headers

    assert {"deprecation", "sunset", "link"} & set(headers) == told


@pytest.mark.parametrize("status", [200, 401, 404, 422, 503])
async def test_failures_of_contract_v1_tell_it_as_well(status: int) -> None:
    async with deprecating(answering(status)) as http:
        answered = await http.get("/api/v1/no-such-thing")

    assert answered.status_code == status
    assert answered.headers["deprecation"] == "@1767225600"


async def test_so_does_the_answer_to_a_mistake_of_ours() -> None:
    async with deprecating(broken) as http:
        answered = await http.get("/api/v1/posts")

    assert answered.status_code == 500
    assert answered.headers["deprecation"] == "@1767225600"


async def test_so_do_refusals_in_front_of_the_engines() -> None:
    async def refuse(scope: Scope, send: Send, status: HTTPStatus, wait: int) -> None:
        await answer(send, status, [], b"")

    limited = Admission(
        app=answering(200),
        limiter=MemoryRateLimiter(clock=lambda: 1000.0),
        limit=1,
        refuse=refuse,
    )
    async with deprecating(limited) as http:
        await http.get("/api/v1/posts")
        refused = await http.get("/api/v1/posts")

    assert refused.status_code == 429
    assert refused.headers["sunset"] == "Thu, 31 Dec 2026 23:59:59 GMT"


@pytest.mark.parametrize("path", ["/api/v2/posts", "/api/v10", "/api/v10/posts", "/health"])
async def test_nothing_else_is_deprecated(path: str) -> None:
    async with deprecating(answering(200)) as http:
        headers = (await http.get(path)).headers

    assert not {"deprecation", "sunset", "link"} & set(headers)


@pytest.mark.parametrize(
    ("path", "successor"),
    [
        ("auth/register", "auth/register"),
        ("auth/login", "auth/login"),
        ("auth/refresh", "auth/refresh"),
        ("auth/logout", "auth/logout"),
        ("auth/profile", "users/me"),
        ("posts", "posts"),
        (f"posts/{POST_ID}", f"posts/{POST_ID}"),
        (f"posts/{POST_ID}/publish", f"posts/{POST_ID}/publish"),
        ("posts/tag/birds", "posts?filter%5Btag%5D=birds"),
        ("posts/tag/%E9%B3%A5", "posts?filter%5Btag%5D=%E9%B3%A5"),
        ("posts/tag/publish", "posts?filter%5Btag%5D=publish"),
        ("posts/tag/r&b+c%2B%2B", "posts?filter%5Btag%5D=r%26b%2Bc%2B%2B"),
        ('posts/tag/">x', "posts?filter%5Btag%5D=%22%3Ex"),
        ("tags", "tags"),
        ("users", "users"),
        (f"users/{POST_ID}", f"users/{POST_ID}"),
        (f"users/{POST_ID}/role", f"users/{POST_ID}"),
        (f"users/{POST_ID}/posts", f"posts?filter%5Bauthor%5D={POST_ID}"),
        ("admin/posts", "posts"),
        (f"admin/posts/{POST_ID}", f"posts/{POST_ID}"),
        ("api-keys", "api-keys"),
        (f"api-keys/{POST_ID}", f"api-keys/{POST_ID}"),
        ("search", "search"),
        ("search/suggest", "search/suggest"),
    ],
)
def test_an_address_of_v1_names_its_successor(path: str, successor: str) -> None:
    assert Successors(lambda _: True).of(f"/api/v1/{path}") == f"/api/v2/{successor}"


@pytest.mark.parametrize(
    "path", ["info", "health", "metrics", "search/stats", "posts/x/y/z", "posts/", "tags/x"]
)
def test_what_has_no_successor_names_none(path: str) -> None:
    assert Successors(lambda _: True).of(f"/api/v1/{path}") is None


def test_what_contract_v2_does_not_serve_here_is_not_linked() -> None:
    served = Successors(lambda path: path.startswith("/api/v2/posts"))

    assert served.of("/api/v1/posts/tag/birds") == "/api/v2/posts?filter%5Btag%5D=birds"
    assert served.of(f"/api/v1/posts/{POST_ID}") == f"/api/v2/posts/{POST_ID}"
    assert served.of("/api/v1/users") is None
    assert served.of("/api/v1/auth/profile") is None
