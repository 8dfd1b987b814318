"""`serinus release`: start a release, steer it, look at it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live

from serinus.application.release.steering import Status, Steering
from serinus.domain.release.plan import DEFAULT
from serinus.domain.release.release import Release
from serinus.presentation.cli.drilling import add_drill
from serinus.presentation.cli.plan_file import read_plan, warn_of, written
from serinus.presentation.cli.release_acting import act
from serinus.presentation.cli.release_asking import (
    AsJson,
    Reason,
    Releasing,
    actor,
    out,
    print_json,
    print_line_of_json,
    print_plainly,
    release_json,
)
from serinus.presentation.cli.release_consumers import add_consumers
from serinus.presentation.cli.release_record import add_record
from serinus.presentation.cli.release_view import screen, status_json
from serinus.presentation.cli.simulating import simulate_command

EVERY = 1.0  # seconds between two frames

PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="TOML. What it leaves out is the default's.")
]


def release_app(operations: Releasing) -> typer.Typer:
    app = typer.Typer(
        no_args_is_help=True, help="Move contract v1 from one engine to the other."
    )
    _add_plans(app, operations)
    _add_looking(app, operations)
    _add_steps(app, operations)
    add_consumers(app, operations)
    add_record(app, operations)
    add_drill(app, operations, actor)
    app.command("simulate")(simulate_command(operations))
    return app


def _add_plans(app: typer.Typer, operations: Releasing) -> None:
    @app.command("plan-check")
    def plan_check(
        file: Annotated[
            Path | None, typer.Argument(help="TOML; none: show the default plan.")
        ] = None,
        *,
        as_json: AsJson = False,
    ) -> None:
        """Read a plan, name every problem of it, and print all that it says, as a plan."""
        plan = read_plan(file, as_json=as_json) if file else DEFAULT
        if as_json:
            print_json(plan.to_json())
            return
        print_plainly(written(plan))
        warn_of(plan)

    @app.command()
    def start(
        *,
        reason: Reason,
        plan: PlanFile = None,
        same_consumers: Annotated[
            bool, typer.Option(help="Those who were first the last time go first again.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Start a release. Nobody is moved until it is known who calls and what is answered."""
        wanted = read_plan(plan, as_json=as_json) if plan else DEFAULT
        release = act(
            operations,
            lambda steering: steering.start(
                wanted, actor=actor(), reason=reason, same_consumers=same_consumers
            ),
        )
        _tell(release, as_json=as_json)


def _add_steps(app: typer.Typer, operations: Releasing) -> None:
    steps: list[tuple[str, Callable[..., Any], str]] = [
        ("promote", Steering.promote, "Open the gate that waits for a person."),
        ("pause", Steering.pause, "Hold the share; it still comes back when it has to."),
        ("resume", Steering.resume, "Let a paused release go on."),
        ("step-back", Steering.step_back, "Go one stage back."),
        ("rollback", Steering.rollback, "Go back to 0 by the rollback stages."),
        ("abort", Steering.abort, "Go back to 0 at once, from wherever it is."),
    ]
    for name, step, meaning in steps:
        app.command(name, help=meaning)(_step(operations, step))


def _step(operations: Releasing, step: Callable[..., Any]) -> Callable[..., None]:
    def command(*, reason: Reason, as_json: AsJson = False) -> None:
        release = act(operations, lambda steering: step(steering, actor=actor(), reason=reason))
        _tell(release, as_json=as_json)

    return command


def _add_looking(app: typer.Typer, operations: Releasing) -> None:
    @app.command()
    def status(*, as_json: AsJson = False) -> None:
        """Say which share of contract v1 engine v2 serves, why, and what is still needed."""
        found, here = operations.release_status()
        if as_json:
            configured = {"percent": here.share.percent, "source": here.origin}
            print_json({**status_json(found), "configured": configured})
            return
        out.print(screen(found))
        if here.share != found.share:
            out.print(
                f"with the settings here it would be {here.share.percent} %: {here.origin}"
            )

    @app.command()
    def watch(
        *,
        once: Annotated[bool, typer.Option(help="A single frame, then end.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """Look at a release live: share, evidence, verdict, nodes. Ctrl-C ends it.

        With --json it is one line for each look, `null` while the database does not answer.
        """
        if once:
            _show(act(operations, Steering.status), as_json=as_json)
            return
        if as_json:
            _watch(operations, lambda found: _show(found, as_json=True))
            return
        with Live(console=out, screen=out.is_terminal, auto_refresh=False) as live:

            def show(found: Status | None) -> None:
                live.update(screen(found), refresh=True)

            _watch(operations, show)


def _show(found: Status | None, *, as_json: bool) -> None:
    if as_json:
        print_line_of_json(status_json(found) if found else None)
    else:
        out.print(screen(found))


def _watch(operations: Releasing, show: Callable[[Status | None], None]) -> None:
    try:
        operations.watch(show, EVERY)
    except KeyboardInterrupt:
        return


def _tell(release: Release, *, as_json: bool) -> None:
    if as_json:
        print_json(release_json(release))
        return
    paused = ", paused" if release.paused else ""
    out.print(f"release {release.id}: {release.phase}, {release.share.percent} %{paused}")
