"""The report as Markdown: claims and tables, for a terminal, a wiki or a pull request."""

from collections.abc import Iterator, Sequence

from serinus.application.release.simulation.claims import Claim
from serinus.application.release.simulation.findings import Findings
from serinus.application.release.simulation.summary import Summary
from serinus.presentation.report.numbers import clock, number, part, percent, spread

WORD = {True: "kept", False: "**broken**", None: "-"}
CLAIMS = ("claim", "required", "measured", "", "measure it again")
SCENARIOS = (
    "scenario", "releases", "taken back (95 %)", "stepped back", "after requests",
    "after", "failed until at 0", "of them rescued", "consumers touched", "complete",
    "until then", "looks",
)  # fmt: skip
HOW = (
    "Every release is decided by the judge and the state machine that decide in production, "
    "on synthetic consumers whose requests, failures and buckets are drawn. Of a stage's looks "
    "those are left out at which nothing bad of the candidate had come in, up to ten in a row: "
    "no test against it grows by what went well. After {looks} "
    "seconds they also grow apart with the age of the stage. A real release is looked at every "
    "second: its tests are valid however often that is. Delays and costs are median and 90th "
    "percentile."
)


def markdown(found: Findings) -> str:
    return "\n".join(_lines(found)) + "\n"


def claim_row(each: Claim) -> tuple[str, ...]:
    measured = each.measured
    return (each.claim, each.required, measured.text, WORD[measured.kept], f"`{each.command}`")


def scenario_row(each: Summary) -> tuple[str, ...]:
    return (
        each.meaning,
        str(each.runs),
        part(each.taken_back),
        str(each.stepped_back.hits),
        spread(each.delay_requests, number),
        spread(each.delay_seconds, clock),
        spread(each.failed, number),
        spread(each.rescued, number),
        spread(each.touched, percent),
        percent(each.completed.rate),
        spread(each.duration, clock),
        spread(each.looks, number),
    )


def _lines(found: Findings) -> Iterator[str]:
    yield "# What the release engine keeps"
    yield ""
    yield HOW.format(looks=found.looks)
    yield ""
    yield "## Claims"
    yield ""
    yield from _table(CLAIMS, [claim_row(each) for each in found.claims])
    yield ""
    yield f"## Scenarios (seed {found.seed})"
    yield ""
    yield from _table(SCENARIOS, [scenario_row(each) for each in found.summaries])
    yield ""
    yield "## Time in each stage"
    yield ""
    rows = [
        (each.meaning, name, spread(took, clock))
        for each in found.summaries
        for name, took in each.stages.items()
    ]
    yield from _table(("scenario", "stage", "median, p90"), rows)
    if found.curve:
        yield ""
        yield "## Rollbacks by what really fails"
        yield ""
        yield from _table(
            ("candidate's errors", "this engine (95 %)", "fixed threshold"),
            [
                (f"{each.errors:.2%}", f"{each.ours.rate:.1%}, {part(each.ours)}",
                 f"{each.fixed:.1%}")
                for each in found.curve
            ],
        )  # fmt: skip


def _table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for row in (names, ("---",) * len(names), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
