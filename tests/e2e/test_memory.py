"""What a worker takes of the machine's memory."""

import compileall
from collections.abc import Callable
from pathlib import Path

import psutil

import serinus
from tests.e2e.conftest import Starting
from tests.support.measured import MEASURED

MEGABYTE = 10**6
RESIDENT = 180 * MEGABYTE  # with both engines
OWN = 65 * MEGABYTE  # shared with no other process; all that is imported would be 80
READS = ["/api/v1/info", "/api/v1/posts", "/api/v2/posts", "/api/v2/tags"]


async def test_a_worker_keeps_within_its_memory_and_shares_what_it_imported(
    starting: Starting, record_property: Callable[[str, object], None]
) -> None:
    # As when it has been started before: compiling takes memory, too.
    compileall.compile_dir(Path(serinus.__file__).parent, quiet=1)
    with starting(API_V2_TRAFFIC_PERCENTAGE="50", SERINUS_WORKERS="2") as server:
        async with server.client() as http:
            for number in range(1000):
                await http.get(
                    READS[number % len(READS)], headers={"X-Client-ID": f"consumer-{number}"}
                )
        parent = psutil.Process(server.process.pid)
        taken = [each.memory_full_info() for each in parent.children()]

    resident, own = max(each.rss for each in taken), max(each.uss for each in taken)
    record_property(
        MEASURED, f"{resident / MEGABYTE:.0f} MB resident, {own / MEGABYTE:.0f} of them its own"
    )
    assert len(taken) == 2
    assert resident <= RESIDENT
    assert own <= OWN
