"""`serinus release history | verify | list`: what was done, and whether the record holds."""

from collections.abc import Sequence
from typing import Any

import typer

from serinus.application.release.steering import Steering
from serinus.domain.release.history import GENESIS, Event
from serinus.domain.release.release import Release
from serinus.domain.release.verifying import Broken
from serinus.domain.release.verifying import verify as check_record
from serinus.presentation.cli.plain import plain
from serinus.presentation.cli.release_acting import act
from serinus.presentation.cli.release_asking import (
    AsJson,
    OfRelease,
    Releasing,
    errors,
    release_json,
    tell,
)


def add_record(app: typer.Typer, operations: Releasing) -> None:
    @app.command()
    def history(*, release: OfRelease = None, as_json: AsJson = False) -> None:
        """Print what was done to a release, by whom, and why."""
        events = act(operations, lambda steering: steering.history(release))
        told = [_event(event) for event in events]
        tell(told, map(_line, events), as_json=as_json)

    @app.command()
    def verify(*, release: OfRelease = None, as_json: AsJson = False) -> None:
        """Make a release again from its record: every seal, every verdict, every step."""
        events = act(operations, lambda steering: steering.history(release))
        broken = check_record(events)
        if broken is not None and not as_json:
            errors.print(f"serinus: entry {broken.number} of the record: {broken.what}")
        else:
            held = f"{len(events)} entries, and everything follows"
            tell(_verification(events, broken), [held], as_json=as_json)
        if broken is not None:
            raise typer.Exit(1)

    @app.command("list")
    def releases(*, as_json: AsJson = False) -> None:
        """List the releases there were, newest first."""
        found = act(operations, Steering.releases)
        told = [release_json(each) for each in found]
        tell(told, map(_release_line, found), as_json=as_json)


def _release_line(release: Release) -> str:
    at = release.started_at.isoformat(sep=" ", timespec="seconds")
    return f"{release.id} {at} {release.phase:12} {release.share.percent} %"


def _line(event: Event) -> str:
    at = event.at.isoformat(sep=" ", timespec="seconds")
    told = f"{plain(event.actor)}: {plain(event.reason)}"
    return f"{event.number:4} {at} {event.kind:12} {told}"


def _verification(events: Sequence[Event], broken: Broken | None) -> dict[str, Any]:
    return {
        "holds": broken is None,
        "entries": len(events),
        "number": broken.number if broken else None,
        "what": broken.what if broken else None,
        "hash": (events[-1].hash if events else GENESIS).hex(),
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
