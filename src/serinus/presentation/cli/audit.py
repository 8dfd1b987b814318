"""`serinus audit`: who did what; `serinus audit prune`: forgetting what is too old."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from serinus.application.acting import Via
from serinus.application.audit import Action, Entity, Entry
from serinus.presentation.cli.plain import plain

MOST = 10_000
DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
SHORTENED = 80  # characters of what changed, in the table

User = Annotated[str, typer.Option(metavar="EMAIL", help="What this account did.")]
OfEntity = Annotated[
    Entity | None, typer.Option("--entity", help="What was done to things of this kind.")
]
EntityId = Annotated[
    UUID | None, typer.Option("--entity-id", help="What was done to this one.")
]
OfAction = Annotated[Action | None, typer.Option("--action", help="Where this was done.")]
OfVia = Annotated[Via | None, typer.Option("--via", help="What was done this way.")]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=DATES, help="From then on, in UTC.")
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=DATES, help="Before then, in UTC.")
]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Before = Annotated[
    datetime, typer.Option("--before", formats=DATES, help="What is older goes. In UTC.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which entries. One of the first five at a time; `entity` may stand beside its id."""

    user: str | None  # an e-mail address
    entity: Entity | None
    entity_id: UUID | None
    action: Action | None
    via: Via | None
    since: datetime | None
    until: datetime | None
    limit: int


class AuditLog(Protocol):
    """What these commands need done."""

    def audit(self, asked: Asked) -> Sequence[Entry]:
        """Newest first. Raise `Stopped` for filters that are not taken together."""
        ...

    def prune_audit(self, before: datetime) -> int:
        """The number of entries that were removed."""
        ...


def audit_app(log: AuditLog) -> typer.Typer:
    app = typer.Typer()
    app.callback(invoke_without_command=True)(_list_command(log))

    @app.command()
    def prune(before: Before) -> None:
        """Remove old entries, and put that on record. Nothing else removes any."""
        pruned = log.prune_audit(_in_utc(before))
        Console().print(
            f"{pruned} entries from before {before:%Y-%m-%d %H:%M:%S} UTC are removed"
        )

    return app


def _list_command(log: AuditLog) -> Callable[..., None]:
    def command(  # noqa: PLR0913 - one argument for every option a user has
        context: typer.Context,
        *,
        user: User = "",
        entity: OfEntity = None,
        entity_id: EntityId = None,
        action: OfAction = None,
        via: OfVia = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = 20,
        as_json: AsJson = False,
    ) -> None:
        """Say who did what, newest first. One filter at a time, beside --since and --until."""
        if context.invoked_subcommand is not None:
            return
        asked = Asked(
            user=user or None,
            entity=entity,
            entity_id=entity_id,
            action=action,
            via=via,
            since=since and _in_utc(since),
            until=until and _in_utc(until),
            limit=limit,
        )
        _print(log.audit(asked), as_json=as_json)

    return command


def _print(entries: Sequence[Entry], *, as_json: bool) -> None:
    if as_json:
        encoded = msgspec.json.format(msgspec.json.encode(entries), indent=2)
        sys.stdout.write(encoded.decode() + "\n")
        return
    table = Table("when (UTC)", "who", "via", "from", "did", "to", "changes")
    for entry in entries:
        to = f"{entry.entity} {entry.entity_id}" if entry.entity_id else entry.entity
        table.add_row(
            f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            plain(_who(entry)),
            plain(entry.via or "SQL"),
            plain(entry.address or ""),
            plain(entry.action),
            plain(to),
            plain(_told(entry)),
        )
    Console().print(table)


def _who(entry: Entry) -> str:
    if entry.user is None:
        return ""
    return entry.user.username or str(entry.user.id)


def _told(entry: Entry) -> str:
    """The members, with what they were and are where that is short."""
    told = ", ".join(_member(name, change) for name, change in entry.changes.items())
    return told if len(told) <= SHORTENED else ", ".join(entry.changes)


def _member(name: str, change: Any) -> str:  # noqa: ANN401 - whatever stands in the log
    if change.keys() <= {"before", "after"}:
        return f"{name}: {change.get('before', '-')} -> {change.get('after', '-')}"
    return name


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
