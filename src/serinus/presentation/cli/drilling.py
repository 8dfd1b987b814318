"""`serinus release drill`: see a bad candidate taken back, before any real traffic."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import asdict
from typing import Annotated, Protocol, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table

from serinus.application.release.drilling import Step
from serinus.application.release.steering import Steering
from serinus.domain.release.faults import Symptom
from serinus.presentation.cli.plain import plain

T = TypeVar("T")

HERE = "http://127.0.0.1:8000"
WIDTH = 25  # characters of the longest name of a step

out = Console(highlight=False)

Reason = Annotated[
    str, typer.Option("--reason", help="Why: it stands in the record of the release.")
]
Urls = Annotated[
    list[str] | None,
    typer.Option("--url", help=f"Of a running server; again for each other. Default: {HERE}"),
]
Fault = Annotated[Symptom, typer.Option("--fault", help="What the candidate does wrong.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class Drills(Protocol):
    """What this command needs done."""

    def drill(
        self,
        steering: Steering,
        symptom: Symptom,
        urls: Sequence[str],
        *,
        actor: str,
        reason: str,
    ) -> AsyncGenerator[Step, None]:
        """The steps as they end. The drill ends with the generator."""
        ...


class Steers(Drills, Protocol):
    def steer(self, work: Callable[[Steering], Awaitable[T]]) -> T:
        """Once, on the database that the settings name."""
        ...


def add_drill(app: typer.Typer, operations: Steers, actor: Callable[[], str]) -> None:
    @app.command()
    def drill(
        *,
        fault: Fault = Symptom.ERRORS,
        url: Urls = None,
        reason: Reason = "a drill",
        as_json: AsJson = False,
    ) -> None:
        """Prove on running servers that a bad candidate is taken back, and how fast.

        Who asks for what goes wrong exists only for that; nobody else is touched.
        """
        steps: list[Step] = []

        async def run(steering: Steering) -> None:
            urls = url or [HERE]
            drilled = operations.drill(steering, fault, urls, actor=actor(), reason=reason)
            with nullcontext() if as_json else out.status("a drill goes on") as shown:
                async with aclosing(drilled) as ended:
                    async for step in ended:
                        steps.append(step)
                        _show(step, shown)

        try:
            operations.steer(run)
        except asyncio.CancelledError:  # the process was asked to end
            raise typer.Exit(1) from None
        passed = all(step.passed for step in steps)
        if not as_json:
            out.print("[green]passed[/]" if passed else "[red]failed[/]")
        else:
            told = {"passed": passed, "steps": [asdict(step) for step in steps]}
            out.print_json(msgspec.json.encode(told).decode())
        if not passed:
            raise typer.Exit(1)


def _show(step: Step, shown: Status | None) -> None:
    """`shown`: None where it is for programs."""
    if shown is None:
        return
    line = Table.grid(padding=(0, 1))
    for width in (2, WIDTH, 7, None):
        line.add_column(width=width)
    mark = "[green]ok[/]" if step.passed else "[red]no[/]"
    line.add_row(mark, step.name, f"{step.seconds:5.1f} s", plain(step.detail))
    out.print(line)
    shown.update(f"after: {step.name}")
