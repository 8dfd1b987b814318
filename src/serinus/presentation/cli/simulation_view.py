"""Simulated releases on a terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from serinus.application.release.simulation.claims import Claim
from serinus.application.release.simulation.findings import Findings
from serinus.application.release.simulation.summary import Summary
from serinus.presentation.cli.plain import plain
from serinus.presentation.report.numbers import clock, number, part, percent, spread

STYLE = {True: "green", False: "bold red", None: "dim"}
WORD = {True: "kept", False: "BROKEN", None: "-"}


def tables(found: Findings) -> Iterator[Table]:
    yield _scenarios(found)
    yield _life(found)
    measured = [each for each in found.claims if each.measured.kept is not None]
    if measured:
        yield _claims(measured)


def _scenarios(found: Findings) -> Table:
    table = Table(
        title=f"Releases on made-up traffic, seed {found.seed}; delays: median, p90",
        title_justify="left",
    )
    for name in ("scenario", "releases", "taken back (95 %)", "stepped back"):
        table.add_column(name)
    for name in ("after requests", "after", "failed", "rescued", "consumers touched"):
        table.add_column(name, justify="right")
    for each in found.summaries:
        table.add_row(*_scenario(each))
    return table


def _scenario(each: Summary) -> tuple[RenderableType, ...]:
    return (
        plain(each.scenario),
        str(each.runs),
        part(each.taken_back),
        str(each.stepped_back.hits),
        spread(each.delay_requests, number),
        spread(each.delay_seconds, clock),
        spread(each.failed, number),
        spread(each.rescued, number),
        spread(each.touched, percent),
    )


def _life(found: Findings) -> Table:
    table = Table(title="Who went on, how long it took, what held", title_justify="left")
    for name in ("scenario", "complete", "until then", "by stage", "held, on average", "looks"):
        table.add_column(name)
    for each in found.summaries:
        stages = [f"{name} {spread(took, clock)}" for name, took in each.stages.items()]
        held = [f"{name} {clock(seconds)}" for name, seconds in _longest(each)]
        table.add_row(
            plain(each.scenario),
            f"{each.completed.rate:.0%}",
            spread(each.duration, clock),
            "\n".join(stages),
            "\n".join(held),
            number(each.looks.median),
        )
    return table


def _longest(each: Summary) -> list[tuple[str, float]]:
    return sorted(each.held.items(), key=lambda pair: -pair[1])


def _claims(measured: list[Claim]) -> Table:
    table = Table("claim", "required", "measured", "", title="Claims", title_justify="left")
    for each in measured:
        kept = each.measured.kept
        table.add_row(
            each.claim, each.required, each.measured.text, Text(WORD[kept], style=STYLE[kept])
        )
    return table
