"""The report as one HTML page that asks nobody for anything; it looks like that of releases."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from benchmarks.side_by_side.findings import Compared, Findings
from benchmarks.side_by_side.pictures import Picture, pictures
from benchmarks.side_by_side.table import figure_of, how

MARK = {True: ("kept", "met"), False: ("broken", "missed"), None: ("open", "")}


def page(found: Findings) -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - megabytes that only this needs

    look = files("serinus.presentation.report")
    frame = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return frame.format(
        style=look.joinpath("page.css").read_text(encoding="utf-8"),
        script=look.joinpath("page.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        verdict=_verdict(found),
        how=escape(how(found)),
        targets=_rows(_target(each) for each in found.compared if each.target is not None),
        pictures="\n".join(_picture(each) for each in pictures(found)),
        parts=_rows(_parts(found)),
        ratios=_rows(_target(each) for each in found.compared if each.target is None),
        limits=_rows(_limits(found)),
        answered=_rows(_answered(found)),
        rates=_rows((each.name, f"{each.value:,.1f} {each.unit}") for each in found.rates),
        machine=escape(found.machine),
    )


def _verdict(found: Findings) -> str:
    wanted = [each.met for each in found.compared if each.met is not None]
    return "".join(
        f'<div class="tile {MARK[met][0]}"><b>{wanted.count(met)}</b> {MARK[met][1]}</div>'
        for met in (True, False)
        if met or wanted.count(met)
    )


def _target(each: Compared) -> Iterator[str]:
    kind, word = MARK[each.met]
    wanted = "" if each.target is None else f"{each.target:.0%}"
    ratio = each.against
    yield from (each.operation, each.way, str(each.clients), wanted, f"{ratio.saved:.1%}")
    yield f"{1 - ratio.most:.1%} to {1 - ratio.least:.1%}"
    yield f'<span class="mark {kind}">{word}</span>' if word else ""


def _limits(found: Findings) -> Iterator[Sequence[str]]:
    for each in found.limits:
        kind, word = MARK[each.met]
        spread = f"{each.reached.least:.0%} to {each.reached.most:.0%}"
        mark = f'<span class="mark {kind}">{word}</span>'
        yield (
            each.way,
            each.bare,
            f"{each.budget:.0%}",
            f"{each.reached.ratio:.0%}",
            spread,
            mark,
        )


def _parts(found: Findings) -> Iterator[Sequence[str]]:
    for each in found.parts:
        less = f"{1 - each.v2 / each.v1:.0%}" if each.v1 else ""
        yield (
            each.name,
            f"{figure_of(each.v1)} {each.unit}",
            f"{figure_of(each.v2)} {each.unit}",
            less,
            escape(each.says),
        )


def _answered(found: Findings) -> Iterator[Sequence[str]]:
    for each in found.answered:
        told = each.timing
        times = [f"{value:.2f}" for value in (told.p50, told.p95, told.p99)]
        refused = f", {each.refused} refused at first" if each.refused else ""
        who = (each.operation, each.way, str(each.clients), f"{told.requests:,}{refused}")
        yield (*who, *times, f"{told.rate:,.0f}", f"{each.processor:.2f}")


def _rows(rows: Iterable[Iterable[str]]) -> str:
    """Of cells that are HTML already; names are our own."""
    return "\n".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for cells in rows
    )


def _picture(each: Picture) -> str:
    # A closing tag inside of a string would end the script.
    data = each.figure.replace("</", "<\\/")
    return (
        f'<section id="{each.name}"><h2>{escape(each.title)}</h2><p>{escape(each.says)}</p>'
        f'<div class="picture" role="img" aria-label="{escape(each.title)}"></div>'
        f'<script type="application/json">{data}</script></section>'
    )
