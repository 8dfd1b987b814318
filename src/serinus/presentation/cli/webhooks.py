"""`serinus release webhook`: who is told of what happens to releases, and how that went."""

import getpass
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

import msgspec
import typer
from rich.console import Console

from serinus.application.release.webhooks import KINDS, Telling
from serinus.domain.release.webhook import OVERLAP, Delivery, SigningKey, Webhook
from serinus.presentation.cli.plain import plain

T = TypeVar("T")

MOST_HOURS = 30 * 24

Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind", help=f"What to tell of, as often as needed; default: all. {', '.join(KINDS)}."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Hours = Annotated[
    float,
    typer.Option(min=0, max=MOST_HOURS, help="That the former secret goes on signing as well."),
]

out = Console()
notes = Console(stderr=True, soft_wrap=True)


class Run(Protocol):
    """Runs something once, on the database that the settings name."""

    def __call__(self, work: Callable[[Telling], Awaitable[T]]) -> T: ...


def webhook_app(run: Run) -> typer.Typer:
    app = typer.Typer(
        no_args_is_help=True,
        help="Tell others of releases: signed by Standard Webhooks, tried again, on record.",
    )
    _add_webhooks(app, run)
    _add_secrets(app, run)
    _add_deliveries(app, run)
    return app


def _add_webhooks(app: typer.Typer, run: Run) -> None:
    @app.command(name="list")
    def list_webhooks(*, as_json: AsJson = False) -> None:
        """List the webhooks, oldest first, never with their secrets."""
        found = run(Telling.all)
        if as_json:
            _print_json(found)
        else:
            for each in found:
                _print_webhook(each)

    @app.command()
    def remove(webhook_id: UUID) -> None:
        """Remove a webhook, and the log of what was sent to it."""
        run(lambda telling: telling.remove(webhook_id))
        out.print(f"{webhook_id} is told of nothing any more")

    @app.command()
    def enable(webhook_id: UUID) -> None:
        """Send to a webhook again that was disabled. What it missed: `redeliver`."""
        run(lambda telling: telling.enable(webhook_id))
        out.print(f"{webhook_id} is told of what comes from now on")


def _add_secrets(app: typer.Typer, run: Run) -> None:
    @app.command()
    def add(url: str, *, kind: Kinds = None, as_json: AsJson = False) -> None:
        """Add a webhook, and print the secret that its messages are signed with."""
        webhook, key = run(lambda telling: telling.add(url, kind or (), actor=_actor()))
        _show_secret(webhook.id, key, as_json=as_json)

    @app.command()
    def rotate(
        webhook_id: UUID, *, keep_hours: Hours = OVERLAP / 3600, as_json: AsJson = False
    ) -> None:
        """Give a webhook another secret, and print it."""
        overlap = timedelta(hours=keep_hours)
        key = run(lambda telling: telling.rotate(webhook_id, overlap=overlap))
        _show_secret(webhook_id, key, as_json=as_json)


def _add_deliveries(app: typer.Typer, run: Run) -> None:
    @app.command()
    def test(webhook_id: UUID, *, as_json: AsJson = False) -> None:
        """Send a message of type `webhook.test` now, from here, and say what became of it."""
        outcome = run(lambda telling: telling.test(webhook_id))
        if as_json:
            _print_json({"delivered": outcome.delivered, **asdict(outcome)})
        else:
            told = f"answered {outcome.status}" if outcome.delivered else outcome.error
            out.print(plain(f"{told}, after {outcome.seconds * 1000:.0f} ms"))
        if not outcome.delivered:
            raise typer.Exit(1)

    @app.command()
    def deliveries(
        *,
        failed: Annotated[
            bool, typer.Option("--failed", help="Those alone that did not arrive so far.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """List what was sent, newest first, and what became of it."""
        found = run(lambda telling: telling.deliveries(failed=failed))
        if as_json:
            _print_json(found)
        else:
            for each in found:
                _print_delivery(each)

    @app.command()
    def redeliver(delivery_id: UUID) -> None:
        """Have a server send something again, at once and under the same id."""
        run(lambda telling: telling.redeliver(delivery_id))
        out.print(f"{delivery_id} is sent again as soon as a server runs")


def _show_secret(webhook_id: UUID, key: SigningKey, *, as_json: bool) -> None:
    if as_json:
        _print_json({"id": webhook_id, "secret": key.text})
        return
    # Alone on standard output, so that a script can take it from there.
    sys.stdout.write(key.text + "\n")
    notes.print(f"webhook {webhook_id}: the secret is shown this once")


def _print_webhook(webhook: Webhook) -> None:
    state = "on"
    if webhook.disabled_at:
        state = f"disabled {_at(webhook.disabled_at)}: {webhook.disabled_why}"
    elif webhook.failing_since:
        state = f"failing since {_at(webhook.failing_since)}"
    kinds = ", ".join(webhook.kinds) or "everything"
    _print_line(f"{webhook.id} {webhook.url} is told of {kinds}; {state}")


def _print_delivery(delivery: Delivery) -> None:
    event = f"{delivery.kind}, entry {delivery.number}" if delivery.kind else "webhook.test"
    made, state = _at(delivery.made_at), _state(delivery)
    _print_line(f"{delivery.id} {made} {event}: {state} (attempts: {delivery.attempts})")


def _print_line(text: str) -> None:
    """However narrow the terminal is: ids are there to be copied."""
    out.print(plain(text), soft_wrap=True)


def _state(delivery: Delivery) -> str:
    if delivery.delivered_at:
        return f"delivered {_at(delivery.delivered_at)}, answered {delivery.status}"
    if delivery.given_up_at:
        return f"given up: {delivery.error}"
    if delivery.error:
        return f"{delivery.error}; again {_at(delivery.due_at)}"
    return "on its way"


def _at(time: datetime) -> str:
    return time.isoformat(sep=" ", timespec="seconds")


def _actor() -> str:
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user often has no name
        return "cli"


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
