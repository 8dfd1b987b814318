"""The layers in front of the engines, on small ASGI applications of the test's own."""

import ipaddress
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from serinus.domain.release.assignment import CanaryKey, Routing, Share, bucket
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.presentation.http.admission import MAX_BODY, Admission
from serinus.presentation.http.asgi import App, Message, Receive, Scope, Send, answer
from serinus.presentation.http.consumer import consumer_key
from serinus.presentation.http.front import Front
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.lifespan import Deferred, LifespanFailed, running
from serinus.presentation.http.request_context import Network, RequestContext

REQUEST_ID = "0190b2f4-5a3c-7d10-8e2f-1234567890ab"


def saying(text: str) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 200, [(b"content-type", b"text/plain")], text.encode())

    return app


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the number of bytes received."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await answer(send, 200, [], str(size).encode())


async def no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("secret detail")


async def tell_client(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, 200, [], str(scope["state"]["client_address"]).encode())


def context(app: App, *, trusted: Sequence[Network] = ()) -> RequestContext:
    return RequestContext(app, new_id=lambda: REQUEST_ID, trusted_proxies=trusted)


def client(app: App, **options: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, **options)
    return httpx.AsyncClient(transport=transport, base_url="http://cms.test")


def switch(
    percent: str, *, override: bool = False, key: CanaryKey = CanaryKey.CONSUMER
) -> RequestContext:
    async def may_override(authorization: str | None, api_key: str | None) -> bool:
        return override

    routing = Routing(share=Share.from_percent(percent), origin="test", epoch=7)
    return context(
        GenerationSwitch(
            stable=saying("stable"),
            candidate=saying("candidate"),
            in_force=InForce(routing),
            may_override=may_override,
            canary_key=key,
        )
    )


async def test_each_consumer_is_served_by_the_arm_its_bucket_says() -> None:
    async with client(switch("30")) as http:
        for number in range(200):
            name = f"client-{number}"
            response = await http.get("/api/v1/posts", headers={"X-Client-ID": name})

            on_candidate = bucket("serinus.boot.traffic", name) < 3000
            assert response.text == ("candidate" if on_candidate else "stable")
            assert response.headers["serinus-engine"] == ("v2" if on_candidate else "v1")
            assert response.headers["serinus-epoch"] == "7"


@pytest.mark.parametrize(("percent", "text"), [("0", "stable"), ("100", "candidate")])
async def test_nothing_and_everything_are_exact_over_http(percent: str, text: str) -> None:
    async with client(switch(percent)) as http:
        answers = {
            (await http.get("/", headers={"X-Client-ID": str(n)})).text for n in range(100)
        }

    assert answers == {text}


async def test_staff_may_choose_their_arm_and_nobody_else() -> None:
    async with client(switch("0", override=True)) as http:
        assert (await http.get("/", headers={"Serinus-Arm": "candidate"})).text == "candidate"
        assert (await http.get("/", headers={"Serinus-Arm": "nonsense"})).text == "stable"
    async with client(switch("0", override=False)) as http:
        assert (await http.get("/", headers={"Serinus-Arm": "candidate"})).text == "stable"


async def test_by_request_the_request_id_decides() -> None:
    async with client(switch("50", key=CanaryKey.REQUEST)) as http:
        seen = set()
        for number in range(50):
            request_id = f"request-{number}"
            response = await http.get("/", headers={"X-Request-ID": request_id})
            on_candidate = bucket("serinus.boot.traffic", request_id) < 5000
            assert response.text == ("candidate" if on_candidate else "stable")
            seen.add(response.text)

    assert seen == {"stable", "candidate"}


def key_of(**headers: str) -> str:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return consumer_key({"headers": raw}, "203.0.113.9")


def a_token(payload: bytes) -> str:
    return f"Bearer head.{urlsafe_b64encode(payload).rstrip(b'=').decode()}.sign"


def test_a_consumer_is_its_api_key_else_its_user_else_its_client_id_else_its_address() -> None:
    token = a_token(b'{"sub":"user-1","sid":"s"}')
    api_key = "srn_0123456789abcdef_secretsecret"

    assert key_of(x_api_key=api_key, authorization=token, x_client_id="c") == "0123456789abcdef"
    assert key_of(authorization=token, x_client_id="c") == "user-1"
    assert key_of(x_client_id="c") == "c"
    assert key_of() == "203.0.113.9"


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Basic abc", "Bearer a.b", "Bearer a.%%%.c", a_token(b"[1]"), a_token(b"\xff")],
)
def test_a_token_that_is_none_does_not_disturb_the_assignment(authorization: str) -> None:
    assert key_of(authorization=authorization, x_client_id="c") == "c"


def test_a_client_id_beyond_its_length_is_not_used() -> None:
    assert key_of(x_client_id="c" * 201) == "203.0.113.9"


async def test_every_answer_carries_its_request_id_and_the_security_headers() -> None:
    async with client(context(saying("hello"))) as http:
        made = await http.get("/")
        echoed = await http.get("/", headers={"X-Request-ID": "trace-42"})
        insane = await http.get("/", headers={"X-Request-ID": "a b<script>"})

    assert made.headers["x-request-id"] == insane.headers["x-request-id"] == REQUEST_ID
    assert echoed.headers["x-request-id"] == "trace-42"
    assert made.headers["x-content-type-options"] == "nosniff"
    assert made.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in made.headers["content-security-policy"]
    assert "strict-transport-security" not in made.headers


async def test_a_failure_beyond_everything_leaks_nothing() -> None:
    async with client(context(broken)) as http:
        response = await http.get("/")

    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("q=金糸雀&sort=-title", "q=%E9%87%91%E7%B3%B8%E9%9B%80&sort=-title"),
        ("q=%E9%87%91+%", "q=%E9%87%91+%"),
        ("", ""),
    ],
)
async def test_a_query_may_be_typed_as_one_reads_it(typed: str, seen: str) -> None:
    seen_by_engines = []

    async def tell_query(scope: Scope, receive: Receive, send: Send) -> None:
        seen_by_engines.append(scope["query_string"])
        await answer(send, 200, [], b"")

    async def nobody(message: Message) -> None: ...

    scope: Scope = {
        "type": "http",
        "scheme": "http",
        "path": "/",
        "headers": [],
        "query_string": typed.encode(),
    }
    await context(tell_query)(scope, no_body, nobody)

    assert seen_by_engines == [seen.encode()]


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
async def test_a_trusted_proxy_tells_whom_it_saw(forwarded: str, seen: str) -> None:
    app = context(tell_client, trusted=[ipaddress.ip_network("10.0.0.0/8")])
    async with client(app, client=("10.0.0.1", 1)) as http:
        response = await http.get(
            "/", headers={"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
        )

    assert response.text == seen
    assert "strict-transport-security" in response.headers


async def test_nobody_else_is_believed_about_addresses() -> None:
    async with client(context(tell_client), client=("192.0.2.1", 1)) as http:
        response = await http.get("/", headers={"X-Forwarded-For": "203.0.113.9"})

    assert response.text == "192.0.2.1"


def admitting(app: App, *, limit: int = 0) -> RequestContext:
    async def refuse(scope: Scope, send: Send, status: HTTPStatus, wait: int) -> None:
        await answer(send, status, [(b"retry-after", str(wait).encode())], b"")

    limiter = MemoryRateLimiter(clock=lambda: 1000.0)
    return context(Admission(app=app, limiter=limiter, limit=limit, refuse=refuse))


async def test_beyond_the_limit_a_client_waits() -> None:
    async with client(admitting(saying("hello"), limit=3)) as http:
        responses = [await http.get("/") for _ in range(4)]

    assert [r.status_code for r in responses] == [200, 200, 200, 429]
    assert int(responses[-1].headers["retry-after"]) >= 1
    assert responses[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert responses[0].headers["ratelimit"].startswith('"default";r=2;t=')


async def test_health_is_never_limited() -> None:
    async with client(admitting(saying("hello"), limit=1)) as http:
        statuses = {(await http.get("/health")).status_code for _ in range(5)}

    assert statuses == {200}


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * (1024 * 1024)


async def test_a_body_over_ten_mebibytes_is_refused_declared_or_not() -> None:
    async with client(admitting(echo)) as http:
        declared = await http.post("/", content=b"x" * (MAX_BODY + 1))
        chunked = await http.post("/", content=chunks(11))
        largest = await http.post("/", content=b"x" * MAX_BODY)
        small = await http.post("/", content=chunks(2))

    assert declared.status_code == chunked.status_code == 413
    assert (largest.text, small.text) == (str(MAX_BODY), str(2 * 1024 * 1024))


def front(*, v2_disabled: App | None = None) -> RequestContext:
    return context(
        Front(
            v1=saying("v1"),
            v2=saying("v2"),
            v2_disabled=v2_disabled,
            metrics=saying("metrics"),
            release=saying("release"),
            in_force=InForce(Routing(share=Share(0), origin="test", epoch=3)),
        )
    )


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/api/v1", "v1"),
        ("/api/v1/posts", "v1"),
        ("/api/v10", "v2"),
        ("/api/v2/posts", "v2"),
        ("/health", "v2"),
        ("/anything", "v2"),
        ("/api/release", "release"),
        ("/api/release/abort", "release"),
        ("/api/releases", "v2"),
        ("/metrics", "metrics"),
        ("/api/v1/metrics", "metrics"),
        ("/api/v2/metrics", "v2"),
    ],
)
async def test_contract_v1_goes_to_the_switch_and_the_rest_to_engine_v2(
    path: str, served: str
) -> None:
    async with client(front()) as http:
        response = await http.get(path)

    assert response.text == served
    assert response.headers["serinus-epoch"] == "3"


async def test_the_bare_address_leads_to_the_documentation() -> None:
    async with client(front()) as http:
        response = await http.get("/")

    assert (response.status_code, response.headers["location"]) == (307, "/api/docs")


async def test_contract_v2_can_be_turned_off_alone() -> None:
    async with client(front(v2_disabled=saying("off"))) as http:
        assert (await http.get("/api/v2/posts")).text == "off"
        assert (await http.get("/health")).text == "v2"


def deferred(log: list[str], *, fail_at: str = "") -> Deferred:
    @asynccontextmanager
    async def opening() -> AsyncIterator[App]:
        if fail_at == "startup":
            raise RuntimeError("no database")
        log.append("open")
        yield saying("here")
        if fail_at == "shutdown":
            raise RuntimeError("stuck")
        log.append("closed")

    return Deferred(opening)


async def test_an_application_lives_from_start_up_to_shutdown() -> None:
    log: list[str] = []
    app = deferred(log)
    async with running(app), client(app) as http:
        assert (await http.get("/")).text == "here"
        assert log == ["open"]

    assert log == ["open", "closed"]


@pytest.mark.parametrize(
    ("fail_at", "reason"), [("startup", "no database"), ("shutdown", "stuck")]
)
async def test_what_cannot_open_or_close_says_why(fail_at: str, reason: str) -> None:
    with pytest.raises(LifespanFailed, match=reason):
        async with running(deferred([], fail_at=fail_at)):
            pass


async def test_an_inner_application_that_raises_fails_the_start() -> None:
    with pytest.raises(LifespanFailed, match="secret detail"):
        async with running(broken):
            pass
