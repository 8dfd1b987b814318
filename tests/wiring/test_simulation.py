"""What is simulated depends on the seed, and on nothing else."""

import subprocess
import sys
from pathlib import Path

import psutil

from serinus.application.release.simulation.scenarios import SCENARIOS
from serinus.application.release.simulation.study import Setup, study
from serinus.wiring.request_cost import MOST_REQUESTS, tripping
from serinus.wiring.simulation import run_series
from tests.support.waiting import until


def test_the_same_releases_whatever_the_number_of_processes() -> None:
    series = study(Setup(runs=12), [SCENARIOS["gross"]])
    told: list[int] = []

    alone = run_series(series, seed=3, jobs=1, advance=told.append)
    together = run_series(series, seed=3, jobs=2, advance=told.append)

    assert alone == together
    assert sum(told) == 24


def test_a_worker_trips_after_3_requests_whatever_they_are() -> None:
    assert MOST_REQUESTS == 3
    assert tripping().kept is True


async def test_who_simulates_ends_with_whoever_asked(tmp_path: Path) -> None:
    words = ("release", "simulate", "--scenario", "healthy", "--runs", "1000", "--jobs", "2")
    asked = subprocess.Popen(  # noqa: ASYNC220, S603 - our own command
        [sys.executable, "-m", "serinus", *words], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    asking = psutil.Process(asked.pid)

    async def both_work() -> bool:
        return sum("spawn_main" in " ".join(each.cmdline()) for each in _of(asking)) == 2

    await until(both_work)
    working = _of(asking)
    asked.kill()
    asked.wait()
    _, alive = psutil.wait_procs(working, timeout=20)

    assert alive == []


def _of(process: psutil.Process) -> list[psutil.Process]:
    return list(process.children(recursive=True))
