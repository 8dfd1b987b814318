"""What is simulated depends on the seed, and on nothing else."""

from serinus.application.release.simulation.scenarios import SCENARIOS
from serinus.application.release.simulation.study import Setup, study
from serinus.wiring.request_cost import MOST_REQUESTS, tripping
from serinus.wiring.simulation import run_series


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
