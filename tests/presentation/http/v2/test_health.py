"""Health, at the root and under the contract."""

import pytest

from tests.support.whole_v2 import Client


@pytest.mark.parametrize("path", ["/healthz", "/api/v2/healthz"])
async def test_the_process_lives(client: Client, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["/readyz", "/api/v2/readyz"])
async def test_the_process_is_ready(client: Client, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_health_has_the_form_that_load_balancers_were_set_up_with(
    client: Client,
) -> None:
    assert (await client.get("/health")).json() == {
        "status": "healthy",
        "timestamp": "2030-01-01T12:00:00Z",
    }


async def test_no_cache_keeps_what_was_healthy_once(client: Client) -> None:
    for path in ("/healthz", "/readyz", "/health"):
        assert (await client.get(path)).headers["cache-control"] == "no-store"
