"""A server that is asked to end says so first, and goes on answering meanwhile."""

import signal

import httpx
import psutil
import pytest

from tests.e2e.conftest import Starting
from tests.support.waiting import until

READINESS = ["/readyz", "/api/v2/readyz", "/api/v1/health/readiness"]


@pytest.mark.parametrize("program", ["granian", "uvicorn"])
async def test_a_server_that_drains_is_not_ready_and_answers(
    starting: Starting, program: str
) -> None:
    # It lasts until it is cut short below; how busy the machine is does not matter then. One
    # worker: of a second one nobody could tell from outside whether it is there yet.
    settings = {"SERINUS_SERVER": program, "SERINUS_WORKERS": "1"}
    with starting(SERINUS_DRAIN_SECONDS="120", **settings) as server:
        workers = psutil.Process(server.process.pid).children(recursive=True)
        async with server.client() as kept:
            assert (await kept.get("/readyz")).status_code == 200

            # As a service manager does: to each process, and then to the first once more.
            for process in [*workers, psutil.Process(server.process.pid)]:
                process.send_signal(signal.SIGTERM)

            async def drains() -> bool:
                return "draining" in server.said

            await until(drains)
            for path in READINESS:
                assert (await kept.get(path)).status_code == 503
            await answers_and_closes(kept, "/api/v1/info")
            await answers_and_closes(kept, "/api/v2/posts")
            await answers_and_closes(kept, "/healthz")
        for process in workers or [psutil.Process(server.process.pid)]:
            process.send_signal(signal.SIGINT)
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.said


async def answers_and_closes(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)

    assert answer.status_code == 200, answer.text
    assert answer.headers["connection"] == "close"
