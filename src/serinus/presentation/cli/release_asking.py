"""What the commands of releases share: what they need done, their options, how they print."""

import getpass
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

import msgspec
import typer
from rich.console import Console

from serinus.application.release.steering import Status, Steering
from serinus.domain.release.assignment import Arm, Routing
from serinus.domain.release.release import Release
from serinus.presentation.cli.drilling import Drills
from serinus.presentation.cli.simulating import Simulating

T = TypeVar("T")
Work = Callable[[Steering], Awaitable[T]]

Reason = Annotated[
    str, typer.Option("--reason", help="Why: it stands in the record of the release.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OfRelease = Annotated[
    UUID | None, typer.Option("--release", help="Another one than the newest.")
]

out = Console()
errors = Console(stderr=True, soft_wrap=True)


class Releasing(Drills, Simulating, Protocol):
    """What these commands need done."""

    def steer(self, work: Work[T]) -> T:
        """Once, on the database that the settings name."""
        ...

    def watch(self, show: Callable[[Status | None], None], every: float) -> None:
        """For ever, every so many seconds; None while the database does not answer."""
        ...

    def release_status(self) -> tuple[Status, Routing]:
        """And what a server with these settings would serve."""
        ...

    def bucket(self, key: str) -> tuple[int, Arm]:
        """Of a consumer, in what is in force."""
        ...


def actor() -> str:
    """Whoever has the database's password may steer; this says who it was."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user often has no name
        return "cli"


def print_json(value: object) -> None:
    out.print_json(msgspec.json.encode(value).decode())


def print_line_of_json(value: object) -> None:
    """One of many: each is a value of its own."""
    print_plainly(msgspec.json.encode(value).decode() + "\n")


def print_plainly(text: str) -> None:
    """For programs: nothing is folded, coloured or understood as markup."""
    out.print(text, end="", markup=False, highlight=False, soft_wrap=True)


def tell(value: object, lines: Iterable[str], *, as_json: bool) -> None:
    """The same, for programs or for people."""
    if as_json:
        print_json(value)
        return
    for line in lines:
        out.print(line)


def release_json(release: Release) -> Mapping[str, Any]:
    return {
        "id": str(release.id),
        "phase": release.phase,
        "stage": release.stage,
        "share_percent": release.share.percent,
        "paused": release.paused,
        "epoch": release.epoch,
        "version": release.version,
        "started_at": release.started_at.isoformat(),
        "ended_at": release.ended_at and release.ended_at.isoformat(),
    }
