"""Limits of a running server with two workers: shared through Redis, each alone without."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from serinus.domain.release.assignment import BOOT_SALT, bucket
from tests.e2e.conftest import Starting
from tests.support.engines import ENGINE_V1
from tests.support.proxy import Proxy
from tests.support.serving import RunningServer
from tests.support.waiting import until

TWO = {
    "SERINUS_WORKERS": "2",
    "API_V2_TRAFFIC_PERCENTAGE": "50",
    # Whatever else this machine does: Redis is away when a test says so.
    "SERINUS_RATE_LIMIT_WAIT_MS": "10000",
}
TRUSTING = {"SERINUS_TRUSTED_PROXIES": "127.0.0.1"}
CONSUMERS = [f"client-{number}" for number in range(100)]
BY_ENGINE = {
    engine: next(c for c in CONSUMERS if (bucket(BOOT_SALT, c) < 5000) is (engine == "v2"))
    for engine in ("v1", "v2")
}


@pytest.fixture
async def proxy(redis_url: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(redis_url)
    assert parts.hostname is not None
    assert parts.port is not None
    async with Proxy.to(parts.hostname, parts.port) as proxy:
        yield proxy


async def ask(server: RunningServer, times: int, **headers: str) -> Counter[int]:
    """Each over a connection of its own, so that both workers are asked."""

    async def once() -> int:
        async with server.client(headers=headers) as http:
            return (await http.get("/api/v1/info")).status_code

    found: Counter[int] = Counter()
    for _ in range(0, times, 8):
        found.update(await asyncio.gather(*(once() for _ in range(8))))
    return found


async def sign_in(
    server: RunningServer, account: str, engine: str, address: str
) -> httpx.Response:
    headers = {"X-Client-ID": BY_ENGINE[engine], "X-Forwarded-For": address}
    async with server.client(headers=headers) as http:
        person = {"email": f"{account}@example.org", "password": "wrong password"}
        answer = await http.post("/api/v1/auth/login", json=person)
    assert answer.headers["serinus-engine"] == (engine if ENGINE_V1 else "v2")
    return answer


async def test_workers_share_one_limit_through_redis(
    starting: Starting, redis_url: str
) -> None:
    with starting(REDIS_URL=redis_url, SERINUS_RATE_LIMIT="20", **TWO) as server:
        found = await ask(server, 64)
        async with server.client() as http:
            refused = [await http.get(path) for path in ("/api/v1/info", "/api/v2/posts")]
            healthy = await http.get("/api/v1/health")

    assert found == {200: 20, 429: 44}
    for answer in refused:
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 61
        assert answer.headers["ratelimit-policy"] == '"default";q=20;w=60'
        assert answer.headers["ratelimit"].startswith('"default";r=0;t=')
    envelope, problem = (answer.json() for answer in refused)
    assert envelope["error"] == "Rate limit exceeded. Please try again later."
    assert (problem["code"], problem["status"]) == ("rate_limited", 429)
    assert healthy.status_code == 200


async def test_without_redis_each_worker_counts_alone(starting: Starting) -> None:
    with starting(SERINUS_RATE_LIMIT="6", **TWO) as server:
        found: Counter[int] = Counter()

        async def both_have_admitted_theirs() -> bool:
            found.update(await ask(server, 16))
            return found[200] == 12

        await until(both_have_admitted_theirs)
        more = await ask(server, 32)

    assert set(more) == {429}


async def test_an_account_has_one_limit_whoever_asks_from_wherever_on_either_engine(
    starting: Starting, redis_url: str
) -> None:
    settings = {"REDIS_URL": redis_url, "SERINUS_LOGIN_RATE_LIMIT": "6"}
    with starting(**settings, **TWO, **TRUSTING) as server:
        tries = [
            await sign_in(server, "ada", engine, f"203.0.113.{number}")
            for number, engine in enumerate(["v1", "v2"] * 4)
        ]
        other = await sign_in(server, "grace", "v1", "203.0.113.99")

    assert [answer.status_code for answer in tries] == [401] * 6 + [429] * 2
    for answer in tries[6:]:
        assert 1 <= int(answer.headers["retry-after"]) <= 61
        assert answer.json()["error"] == "Rate limit exceeded. Please try again later."
    assert other.status_code == 401


async def test_an_address_has_one_limit_whichever_account_it_tries_on_either_engine(
    starting: Starting, redis_url: str
) -> None:
    settings = {"REDIS_URL": redis_url, "SERINUS_LOGIN_RATE_LIMIT": "6"}
    with starting(**settings, **TWO, **TRUSTING) as server:
        tries = [
            await sign_in(server, f"account-{number}", engine, "203.0.113.7")
            for number, engine in enumerate(["v1", "v2"] * 4)
        ]
        elsewhere = await sign_in(server, "account-7", "v2", "203.0.113.8")

    assert [answer.status_code for answer in tries] == [401] * 6 + [429] * 2
    assert elsewhere.status_code == 401


async def test_limits_outlive_redis_and_are_shared_again_when_it_is_back(
    starting: Starting, redis_url: str, proxy: Proxy
) -> None:
    url = f"redis://127.0.0.1:{proxy.port}{urlsplit(redis_url).path}"
    with starting(REDIS_URL=url, SERINUS_RATE_LIMIT="8", **TWO, **TRUSTING) as server:

        async def asked_by(address: str) -> Counter[int]:
            return await ask(server, 32, **{"X-Forwarded-For": address})

        shared = await asked_by("203.0.113.1")

        await proxy.go_away()
        alone = await asked_by("203.0.113.2")

        await proxy.come_back()
        addresses = (f"198.51.100.{number}" for number in range(250))

        async def shared_again() -> bool:
            found = await asked_by(next(addresses))
            assert set(found) == {200, 429}
            return found[200] == 8

        await until(shared_again)

    assert shared == {200: 8, 429: 24}
    # Nobody fails, and nobody is let in more often than once for each worker.
    assert set(alone) == {200, 429}
    assert 8 <= alone[200] <= 16
