"""Simulated releases on all processors, with the chance of each from the seed alone."""

import multiprocessing
import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from serinus.application.release.simulation.findings import Findings, findings
from serinus.application.release.simulation.outcome import Outcome
from serinus.application.release.simulation.study import (
    MINUTES,
    Found,
    Series,
    Setup,
    chosen,
    outcomes,
    study,
    traced,
    whole_study,
)
from serinus.presentation.cli.simulating import Wanted
from serinus.wiring.live_claims import measured
from serinus.wiring.serving import die_with_parent

BATCH = 10  # releases between two steps of the progress bar

Batch = tuple[Series, int, range]


def run_series(
    wanted: Sequence[Series], *, seed: int, jobs: int, advance: Callable[[int], None]
) -> Found:
    """The same whatever the number of `jobs`. `advance` is told of so many more releases."""
    batches = [
        (series, seed, range(first, min(series.runs, first + BATCH)))
        for series in wanted
        for first in range(0, series.runs, BATCH)
    ]
    found: dict[str, list[Outcome]] = {series.name: [] for series in wanted}
    done: dict[int, list[Outcome]] = {}
    for place, released in _worked(batches, jobs):
        done[place] = released
        advance(len(released))
    for place, (series, _, _) in enumerate(batches):
        found[series.name] += done[place]
    return found


def processors() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _worked(batches: Sequence[Batch], jobs: int) -> Iterator[tuple[int, list[Outcome]]]:
    if jobs == 1 or len(batches) == 1:
        for place, batch in enumerate(batches):
            yield place, _released(batch)
        return
    # Not forked: whoever shows the progress has threads.
    context = multiprocessing.get_context("spawn")
    workers = min(jobs, len(batches))
    with ProcessPoolExecutor(workers, context, initializer=die_with_parent) as pool:
        places = {pool.submit(_released, batch): n for n, batch in enumerate(batches)}
        try:
            for ended in as_completed(places):
                yield places[ended], ended.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _released(batch: Batch) -> list[Outcome]:
    series, seed, numbers = batch
    draws = (random.Random(f"{seed}:{series.name}:{n}") for n in numbers)  # noqa: S311 - no secret
    return outcomes(series, draws)


class Simulations:
    """What `serinus release simulate` needs done; it needs neither settings nor a database."""

    def simulate(
        self, wanted: Wanted, begun: Callable[[int], None], advance: Callable[[int], None]
    ) -> Findings:
        setup = Setup(
            plan=wanted.plan or MINUTES,
            runs=wanted.runs,
            looks=wanted.looks,
            workers=wanted.workers,
        )
        if wanted.report and not wanted.scenarios:
            series = whole_study(setup, wanted.changes)
        else:
            series = study(setup, chosen(wanted.scenarios, wanted.changes))
            series += traced(setup, wanted.scenarios, wanted.changes) if wanted.report else []
        # First, for they are over soon, and whatever is wrong with them is known soon.
        live = measured() if wanted.live else {}
        begun(sum(each.runs for each in series))
        jobs = wanted.jobs or processors()
        found = run_series(series, seed=wanted.seed, jobs=jobs, advance=advance)
        return findings(setup, series, found, live, seed=wanted.seed)
