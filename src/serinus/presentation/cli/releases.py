"""`serinus release`: start a release, steer it, look at it, check its record."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.live import Live

from serinus.application.release.steering import Status, Steering
from serinus.domain.release.assignment import Arm, Routing
from serinus.domain.release.history import Event
from serinus.domain.release.plan import DEFAULT
from serinus.domain.release.release import Release
from serinus.domain.release.verifying import verify as check_record
from serinus.presentation.cli.plain import plain
from serinus.presentation.cli.plans import read_plan
from serinus.presentation.cli.release_view import screen, status_json
from serinus.presentation.cli.simulating import Simulating, simulate_command

T = TypeVar("T")
Work = Callable[[Steering], Awaitable[T]]

EVERY = 1.0  # seconds between two frames

Reason = Annotated[
    str, typer.Option("--reason", help="Why: it stands in the record of the release.")
]
PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="TOML. What it leaves out is the default's.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OfRelease = Annotated[
    UUID | None, typer.Option("--release", help="Another one than the newest.")
]

out = Console()
errors = Console(stderr=True, soft_wrap=True)


class Releasing(Simulating, Protocol):
    """What these commands need done."""

    def steer(self, work: Work[T]) -> T:
        """Once, on the database that the settings name."""
        ...

    async def watch(self, show: Callable[[Status | None], None], every: float) -> None:
        """For ever; None while the database does not answer."""
        ...

    def release_status(self) -> tuple[Status, Routing]:
        """And what a server with these settings would serve."""
        ...

    def bucket(self, key: str) -> tuple[int, Arm]:
        """Of a consumer, in what is in force."""
        ...


def release_app(operations: Releasing) -> typer.Typer:
    app = typer.Typer(
        no_args_is_help=True, help="Move contract v1 from one engine to the other."
    )
    _add_plans(app, operations)
    _add_looking(app, operations)
    _add_steps(app, operations)
    _add_consumers(app, operations)
    _add_record(app, operations)
    _add_list(app, operations)
    app.command("simulate")(simulate_command(operations))
    return app


def _add_plans(app: typer.Typer, operations: Releasing) -> None:
    @app.command("plan-check")
    def plan_check(
        file: Annotated[
            Path | None, typer.Argument(help="TOML; none: show the default plan.")
        ] = None,
    ) -> None:
        """Read a plan, name every problem of it, and show all that it says."""
        _print_json((read_plan(file) if file else DEFAULT).to_json())

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
        """Start a release. Until its answers are compared and it is known who calls, nobody
        is moved.
        """
        wanted = read_plan(plan) if plan else DEFAULT
        release = operations.steer(
            lambda steering: steering.start(
                wanted, actor=_actor(), reason=reason, same_consumers=same_consumers
            )
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
        release = operations.steer(
            lambda steering: step(steering, actor=_actor(), reason=reason)
        )
        _tell(release, as_json=as_json)

    return command


def _add_looking(app: typer.Typer, operations: Releasing) -> None:
    @app.command()
    def status(*, as_json: AsJson = False) -> None:
        """Say which share of contract v1 engine v2 serves, why, and what is still needed."""
        found, here = operations.release_status()
        if as_json:
            configured = {"percent": here.share.percent, "source": here.origin}
            _print_json({**status_json(found), "configured": configured})
            return
        out.print(screen(found))
        if here.share != found.share:
            out.print(
                f"with the settings here it would be {here.share.percent} %: {here.origin}"
            )

    @app.command()
    def watch(
        *, once: Annotated[bool, typer.Option(help="A single frame, then end.")] = False
    ) -> None:
        """Look at a release live: share, evidence, verdict, nodes. Ctrl-C ends it."""
        if once:
            out.print(screen(operations.steer(Steering.status)))
            return
        with Live(console=out, screen=out.is_terminal, auto_refresh=False) as live:

            def show(found: Status | None) -> None:
                live.update(screen(found), refresh=True)

            try:
                asyncio.run(operations.watch(show, EVERY))
            except KeyboardInterrupt:
                return


def _add_consumers(app: typer.Typer, operations: Releasing) -> None:
    @app.command()
    def bucket(key: str) -> None:
        """Print the bucket of a consumer, and the arm that serves it."""
        number, arm = operations.bucket(key)
        out.print(f"{number} {arm}")

    @app.command()
    def pin(
        consumer: Annotated[str, typer.Argument(help="The key that is hashed.")],
        arm: Arm,
        *,
        reason: Reason,
    ) -> None:
        """Keep a consumer on one arm. What it does is no evidence any more."""
        operations.steer(
            lambda steering: steering.pin(consumer, arm, actor=_actor(), reason=reason)
        )
        out.print(f"{plain(consumer)} is served by {arm}")

    @app.command()
    def unpin(consumer: str, *, reason: Reason) -> None:
        """Let a consumer go where the share takes it."""
        operations.steer(
            lambda steering: steering.pin(consumer, None, actor=_actor(), reason=reason)
        )
        out.print(f"{plain(consumer)} goes where the share takes it")

    @app.command()
    def consumers(*, as_json: AsJson = False) -> None:
        """List the consumers that are pinned to an arm."""
        pins = operations.steer(Steering.pins)
        if as_json:
            _print_json(dict(pins))
        for consumer, arm in sorted(pins.items()) if not as_json else ():
            out.print(f"{arm:10} {plain(consumer)}")


def _add_record(app: typer.Typer, operations: Releasing) -> None:
    @app.command()
    def history(*, release: OfRelease = None, as_json: AsJson = False) -> None:
        """Print what was done to a release, by whom, and why."""
        events = operations.steer(lambda steering: steering.history(release))
        if as_json:
            _print_json([_event(event) for event in events])
        for event in events if not as_json else ():
            at = event.at.isoformat(sep=" ", timespec="seconds")
            out.print(
                f"{event.number:4} {at} {event.kind:12} {plain(event.actor)}: "
                f"{plain(event.reason)}"
            )

    @app.command()
    def verify(*, release: OfRelease = None) -> None:
        """Make a release again from its record: every seal, every verdict, every step."""
        events = operations.steer(lambda steering: steering.history(release))
        broken = check_record(events)
        if broken is not None:
            errors.print(f"serinus: entry {broken.number} of the record: {broken.what}")
            raise typer.Exit(1)
        out.print(f"{len(events)} entries, and everything follows")


def _add_list(app: typer.Typer, operations: Releasing) -> None:
    @app.command("list")
    def releases(*, as_json: AsJson = False) -> None:
        """List the releases there were, newest first."""
        found = operations.steer(Steering.releases)
        if as_json:
            _print_json([_release(each) for each in found])
        for each in found if not as_json else ():
            at = each.started_at.isoformat(sep=" ", timespec="seconds")
            out.print(f"{each.id} {at} {each.phase:12} {each.share.percent} %")


def _actor() -> str:
    """Whoever has the database's password may steer; this says who it was."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user often has no name
        return "cli"


def _tell(release: Release, *, as_json: bool) -> None:
    if as_json:
        _print_json(_release(release))
        return
    paused = ", paused" if release.paused else ""
    out.print(f"release {release.id}: {release.phase}, {release.share.percent} %{paused}")


def _release(release: Release) -> dict[str, Any]:
    return {
        "id": str(release.id),
        "phase": release.phase,
        "stage": release.stage,
        "share_percent": release.share.percent,
        "paused": release.paused,
        "epoch": release.epoch,
        "started_at": release.started_at.isoformat(),
        "ended_at": release.ended_at and release.ended_at.isoformat(),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "number": event.number,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "reason": event.reason,
        "kind": event.kind,
        "body": event.body,
        "hash": event.hash.hex(),
    }


def _print_json(value: object) -> None:
    out.print_json(msgspec.json.encode(value).decode())
