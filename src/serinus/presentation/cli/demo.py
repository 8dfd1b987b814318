"""`serinus demo`: a whole release on generated traffic, live.

Ends with 0 when the release went as it should: complete where nothing was wrong, taken back
where something was. 1 otherwise, 130 when it was interrupted.
"""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from serinus.domain.release.verdict import Kind, Why
from serinus.presentation.cli.demo_view import (
    DemoEnded,
    DemoFrame,
    DemoWanted,
    Fault,
    line_of,
    shown,
    summary,
)
from serinus.presentation.cli.operations import Stopped
from serinus.presentation.cli.plain import plain

INTERRUPTED = 130  # 128 + SIGINT, as a shell has it

out = Console()

Demonstrate = Callable[[DemoWanted, Callable[[DemoFrame], None]], DemoEnded]


def demo_command(demonstrate: Demonstrate) -> Callable[..., None]:
    def demo(
        fault: Annotated[
            Fault | None, typer.Option(help="What is wrong with engine v2; none: nothing.")
        ] = None,
        consumers: Annotated[
            int, typer.Option(min=20, max=2_000, help="Who call, each always the same engine.")
        ] = 300,
        rate: Annotated[float, typer.Option(min=1, max=2_000, help="Requests a second.")] = 90,
        seed: Annotated[int, typer.Option(min=0, help="Another seed: other traffic.")] = 1,
    ) -> None:
        """Show a whole release in a few minutes: 0, 10, 50, 90, 100 %, on generated traffic.

        With a fault it shows how the release is taken back. Nothing of it is kept.
        """
        wanted = DemoWanted(fault, consumers, rate, seed)
        try:
            ended = (
                _live(demonstrate, wanted) if out.is_terminal else _told(demonstrate, wanted)
            )
        except KeyboardInterrupt as error:
            raise Stopped("interrupted; nothing of it is left", code=INTERRUPTED) from error
        out.print(summary(ended))
        if not ended.as_it_should:
            raise typer.Exit(1)

    return demo


def _live(demonstrate: Demonstrate, wanted: DemoWanted) -> DemoEnded:
    with Live(console=out, screen=True, auto_refresh=False) as live:
        return demonstrate(wanted, lambda frame: live.update(shown(frame), refresh=True))


def _told(demonstrate: Demonstrate, wanted: DemoWanted) -> DemoEnded:
    """A line for each thing that happens, where nobody looks at a screen."""
    told: set[object] = set()
    found: list[tuple[Kind, Why | None] | None] = [None]

    def show(frame: DemoFrame) -> None:
        if frame.says and frame.says not in told:
            told.add(frame.says)
            out.print(plain(frame.says))
        verdict = frame.status.verdict if frame.status else None
        if verdict is not None and (verdict.kind, verdict.why) != found[-1]:
            found.append((verdict.kind, verdict.why))
            out.print(plain(f"         {verdict.kind}: {verdict.sentence}"), soft_wrap=True)
        for event in frame.status.events if frame.status else ():
            if event.number not in told:
                told.add(event.number)
                out.print(line_of(event), soft_wrap=True)

    return demonstrate(wanted, show)
