"""`serinus release bucket | pin | unpin | consumers`: who is on which arm."""

from typing import Annotated

import typer

from serinus.application.release.steering import Steering
from serinus.domain.release.assignment import Arm
from serinus.presentation.cli.plain import plain
from serinus.presentation.cli.release_acting import act
from serinus.presentation.cli.release_asking import AsJson, Reason, Releasing, actor, tell

Consumer = Annotated[str, typer.Argument(help="The key that is hashed.")]


def add_consumers(app: typer.Typer, operations: Releasing) -> None:
    @app.command()
    def bucket(key: Consumer, *, as_json: AsJson = False) -> None:
        """Print the bucket of a consumer, and the arm that serves it."""
        number, arm = operations.bucket(key)
        found = {"consumer": key, "bucket": number, "arm": arm}
        tell(found, [f"{number} {arm}"], as_json=as_json)

    @app.command()
    def pin(consumer: Consumer, arm: Arm, *, reason: Reason, as_json: AsJson = False) -> None:
        """Keep a consumer on one arm. What it does is no evidence any more."""
        _pin(operations, consumer, arm, reason)
        told = f"{plain(consumer)} is served by {arm}"
        tell({"consumer": consumer, "arm": arm}, [told], as_json=as_json)

    @app.command()
    def unpin(consumer: Consumer, *, reason: Reason, as_json: AsJson = False) -> None:
        """Let a consumer go where the share takes it."""
        _pin(operations, consumer, None, reason)
        told = f"{plain(consumer)} goes where the share takes it"
        tell({"consumer": consumer, "arm": None}, [told], as_json=as_json)

    @app.command()
    def consumers(*, as_json: AsJson = False) -> None:
        """List the consumers that are pinned to an arm."""
        pins = act(operations, Steering.pins)
        lines = (f"{arm:10} {plain(consumer)}" for consumer, arm in sorted(pins.items()))
        tell(dict(pins), lines, as_json=as_json)


def _pin(operations: Releasing, consumer: str, arm: Arm | None, reason: str) -> None:
    act(operations, lambda steering: steering.pin(consumer, arm, actor=actor(), reason=reason))
