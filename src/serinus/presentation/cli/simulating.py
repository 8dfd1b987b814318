"""`serinus release simulate`: what a plan is worth, before anybody's traffic depends on it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Annotated, Protocol

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from serinus.application.release.simulation.findings import Findings
from serinus.application.release.simulation.scenarios import SCENARIOS
from serinus.application.release.simulation.study import Changes
from serinus.domain.release.plan import Plan
from serinus.presentation.cli.plan_file import read_plan
from serinus.presentation.cli.simulation_view import tables
from serinus.presentation.report.files import Written, write
from serinus.presentation.report.numbers import clock

MOST_RUNS, MOST_CONSUMERS = 1_000_000, 100_000
LINE_EVERY = 60.0  # seconds

PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", help="TOML. Default: the default plan, but stages of 5 minutes."),
]
Runs = Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="Releases of each scenario.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed makes the same releases.")]
Consumers = Annotated[
    int | None, typer.Option(min=1, max=MOST_CONSUMERS, help="Who call, each as they will.")
]
Rate = Annotated[
    float | None, typer.Option(min=0.0, max=10_000.0, help="Requests a second, on average.")
]
Errors = Annotated[
    float | None,
    typer.Option("--error-rate", min=0.0, max=0.5, help="Of stable's requests: 0.003."),
]
CandidateErrors = Annotated[
    float | None,
    typer.Option("--candidate-error-rate", min=0.0, max=1.0, help="Of the candidate's."),
]
CandidateSlow = Annotated[
    float | None,
    typer.Option("--candidate-slow-rate", min=0.0, max=1.0, help="That are slow of them."),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--scenario", help=f"Again for more; default: all. {', '.join(SCENARIOS)}."),
]
Looks = Annotated[
    int,
    typer.Option(min=10, max=100_000, help="The more, the finer time is cut in old stages."),
]
Workers = Annotated[int, typer.Option(min=1, max=1_000, help="That serve, each its tripwire.")]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes that simulate; default: all processors.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Report = Annotated[
    Path | None,
    typer.Option(help="Make the report of the scenarios: a .md or .html file, or a folder."),
]
Live = Annotated[
    bool, typer.Option("--live", help="Also measure what only real servers show: minutes.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`report`: with all that its pictures show."""

    plan: Plan | None
    runs: int
    seed: int
    scenarios: tuple[str, ...]
    changes: Changes
    looks: int
    workers: int
    jobs: int | None
    report: bool
    live: bool


class Simulating(Protocol):
    def simulate(
        self, wanted: Wanted, begun: Callable[[int], None], advance: Callable[[int], None]
    ) -> Findings:
        """`begun` is told how many releases there will be; `advance`, of so many more."""
        ...


def simulate_command(operations: Simulating) -> Callable[..., None]:
    def command(  # noqa: PLR0913 - one argument for every option a user has
        *,
        plan: PlanFile = None,
        runs: Runs = 200,
        seed: Seed = 1,
        consumers: Consumers = None,
        rate: Rate = None,
        error_rate: Errors = None,
        candidate_error_rate: CandidateErrors = None,
        candidate_slow_rate: CandidateSlow = None,
        scenario: Names = None,
        looks: Looks = 200,
        workers: Workers = 2,
        jobs: Jobs = None,
        report: Report = None,
        live: Live = False,
        as_json: AsJson = False,
    ) -> None:
        """Release a plan on made-up traffic, many times, by the judge that decides for real."""
        wanted = Wanted(
            plan=read_plan(plan, as_json=as_json) if plan else None,
            runs=runs,
            seed=seed,
            scenarios=_known(scenario or []),
            changes=Changes(
                consumers, rate, error_rate, candidate_error_rate, candidate_slow_rate
            ),
            looks=looks,
            workers=workers,
            jobs=jobs,
            report=report is not None,
            live=live,
        )
        _tell(_simulated(operations, wanted), report, as_json=as_json)

    return command


def _known(names: list[str]) -> tuple[str, ...]:
    for name in names:
        if name not in SCENARIOS:
            raise typer.BadParameter(f"no scenario {name!r}: one of {', '.join(SCENARIOS)}")
    return tuple(dict.fromkeys(names))


def _simulated(operations: Simulating, wanted: Wanted) -> Findings:
    """On standard error is told how far it is: a bar to a person, lines into a file."""
    console = Console(stderr=True)
    if not console.is_terminal:
        lines = Lines(console.print)
        return operations.simulate(wanted, lines.begun, lines.advance)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("releases", total=None)
        return operations.simulate(
            wanted,
            lambda total: progress.update(task, total=total),
            lambda more: progress.advance(task, more),
        )


class Lines:
    """How far it is, once a minute. What lasts no minute says nothing."""

    def __init__(
        self, tell: Callable[[str], object], now: Callable[[], float] = monotonic
    ) -> None:
        """`now` in seconds."""
        self._tell, self._now = tell, now
        self._total = self._done = 0
        self._since = self._told = now()

    def begun(self, total: int) -> None:
        self._total = total
        self._since = self._told = self._now()

    def advance(self, more: int) -> None:
        self._done += more
        now = self._now()
        if now - self._told < LINE_EVERY:
            return
        self._told = now
        left = (now - self._since) / self._done * (self._total - self._done)
        self._tell(
            f"{self._done:,} of {self._total:,} releases after {clock(now - self._since)}, "
            f"about {clock(left)} left"
        )


def _tell(found: Findings, report: Path | None, *, as_json: bool) -> None:
    written: list[Written] = [] if report is None else write(found, report)
    if as_json:
        # Every look of the traced releases is for pictures.
        encoded = msgspec.json.encode(replace(found, traces={}))
        sys.stdout.write(msgspec.json.format(encoded, indent=2).decode() + "\n")
    else:
        out = Console()
        for table in tables(found):
            out.print(table)
        for each in written:
            out.print(f"written: {each.path} ({each.size / 1e6:.1f} MB)", markup=False)
    if any(each.measured.kept is False for each in found.claims) and report is not None:
        raise typer.Exit(1)
