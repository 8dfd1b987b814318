"""The report as one HTML page that asks nobody for anything: opens offline, prints, and reads
by day and by night.
"""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from serinus.application.release.simulation.claims import Claim
from serinus.application.release.simulation.findings import Findings
from serinus.presentation.report.figures import Picture, pictures
from serinus.presentation.report.markdown import HOW, SCENARIOS, scenario_row

MARK = {True: ("kept", "kept"), False: ("broken", "broken"), None: ("open", "not measured")}


def page(found: Findings) -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - megabytes that only this needs

    here = files("serinus.presentation.report")
    drawn = pictures(found)
    return (
        here.joinpath("page.html")
        .read_text(encoding="utf-8")
        .format(
            style=here.joinpath("page.css").read_text(encoding="utf-8"),
            script=here.joinpath("page.js").read_text(encoding="utf-8"),
            plotly=get_plotlyjs(),
            verdict=_verdict(found.claims),
            how=escape(HOW.format(looks=found.looks)),
            claims="\n".join(_claim(each) for each in found.claims),
            pictures="\n".join(_picture(each) for each in drawn),
            heads=_cells("th", SCENARIOS),
            scenarios="\n".join(
                f"<tr>{_cells('td', scenario_row(each))}</tr>" for each in found.summaries
            ),
            seed=found.seed,
            workers=found.workers,
            plan=escape(", ".join(f"{name} {value}" for name, value in found.plan.items())),
        )
    )


def _verdict(claims: Sequence[Claim]) -> str:
    kept = sum(each.measured.kept is True for each in claims)
    broken = sum(each.measured.kept is False for each in claims)
    left = len(claims) - kept - broken
    tiles = ((*MARK[True], kept), (*MARK[False], broken), (*MARK[None], left))
    return "".join(
        f'<div class="tile {kind}"><b>{count}</b> {word}</div>'
        for kind, word, count in tiles
        if count or kind == "kept"
    )


def _claim(each: Claim) -> str:
    kind, word = MARK[each.measured.kept]
    return (
        f'<tr class="{kind}" data-claim="{escape(each.name)}"><td>{escape(each.claim)}</td>'
        f"<td>{escape(each.required)}</td><td>{escape(each.measured.text)}</td>"
        f'<td><span class="mark">{word}</span></td>'
        f"<td><code>{escape(each.command)}</code></td></tr>"
    )


def _picture(each: Picture) -> str:
    # A closing tag inside of a string would end the script.
    data = each.figure.replace("</", "<\\/")
    return (
        f'<section id="{each.name}"><h2>{escape(each.title)}</h2><p>{escape(each.says)}</p>'
        f'<div class="picture" role="img" aria-label="{escape(each.title)}"></div>'
        f'<script type="application/json">{data}</script></section>'
    )


def _cells(tag: str, texts: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
