"""The report's pictures, from what was found. Colours are read on white and on black."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log10
from typing import Any

from serinus.application.release.simulation.findings import Findings
from serinus.application.release.simulation.outcome import SAFETY, Point
from serinus.domain.release.verdict import Kind
from serinus.presentation.report.numbers import part

GOOD, BAD, OTHER, GREY = "#1a9988", "#e0503f", "#d99a1c", "#8a8f98"
COLOURS = {"worse": BAD, "gross": "#a5359c", "slow": OTHER, "late": "#3f7fd9"}
HEIGHT = 380  # pixels
FLOOR = -12.0  # ln E that is shown
TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]


@dataclass(frozen=True, slots=True)
class Picture:
    """`figure` is Plotly's, as JSON."""

    name: str
    title: str
    says: str
    figure: str


def pictures(found: Findings) -> list[Picture]:
    """Those for which something was found."""
    drawn = [
        _evidence(found),
        _false_rollbacks(found),
        _delays(found),
        _curve(found),
        *(_timeline(found, name) for name in ("healthy", "late")),
    ]
    return [each for each in drawn if each is not None]


def _evidence(found: Findings) -> Picture | None:
    figure, threshold = _figure("requests to the candidate in its first stage", "ln E"), 0.0
    for name, colour in (("healthy", GOOD), ("worse", BAD)):
        for n, trace in enumerate(found.traces.get(name, ())):
            points = _first_stage(trace)
            threshold = points[-1].log_threshold if points else threshold
            figure.add_scatter(
                x=[each.requests for each in points],
                y=[max(FLOOR, each.log_e) for each in points],
                name={"healthy": "healthy, 0.3 %", "worse": "worse, 5 %"}[name],
                legendgroup=name,
                mode="lines",
                showlegend=n == 0,
                line={"color": colour, "width": 1.6},
                opacity=0.75,
            )
    if not figure.data:
        return None
    figure.add_hline(
        y=threshold, line={"color": GREY, "dash": "dash"}, annotation_text="taken back above"
    )
    figure.update_xaxes(type="log")
    return Picture(
        "evidence",
        "Evidence that the error limit is broken",
        "Each line is one simulated release, looked at again and again. What ever crosses the "
        "dashed line is beyond the limit; a healthy candidate drifts away from it, and looking "
        "often costs nothing.",
        figure.to_json(),
    )


def _first_stage(trace: Sequence[Point]) -> list[Point]:
    points: list[Point] = []
    for each in trace:
        if points and each.requests < points[-1].requests:
            break
        if each.requests:
            points.append(each)
    return points


def _false_rollbacks(found: Findings) -> Picture | None:
    harmless = [each for each in found.summaries if each.scenario not in COLOURS]
    if not harmless:
        return None
    figure = _figure("releases taken or stepped back, in percent", "")
    parts = [each.moved_back for each in harmless]
    figure.add_scatter(
        x=[100 * each.rate for each in parts],
        y=[f"{each.scenario}, {each.runs}" for each in harmless],
        mode="markers",
        marker={"color": GOOD, "size": 11},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * (each.most - each.rate) for each in parts],
            "arrayminus": [100 * (each.rate - each.least) for each in parts],
            "color": GOOD,
        },
        text=[part(each) for each in parts],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    figure.add_vline(x=1, line={"color": BAD, "dash": "dash"}, annotation_text="1 %")
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(rangemode="tozero")
    figure.update_layout(margin={"l": 150})
    return Picture(
        "false-rollbacks",
        "What should not be taken back, and is not",
        "Dots are what was found, bars the exact 95 % intervals (Clopper-Pearson): the fewer "
        "releases were simulated, the wider. After each name stands their number.",
        figure.to_json(),
    )


def _delays(found: Findings) -> Picture | None:
    figure = _figure("requests to the candidate until share is taken back", "part of releases")
    for name, delays in found.delays.items():
        ordered = sorted(delays)
        if ordered:
            figure.add_scatter(
                x=[max(1, each) for each in ordered],
                y=[(n + 1) / len(ordered) for n in range(len(ordered))],
                name=name,
                mode="lines",
                line={"color": COLOURS.get(name, GREY), "shape": "hv", "width": 2.2},
            )
    if not figure.data:
        return None
    figure.add_scatter(
        x=[100, 250],
        y=[0.5, 0.9],
        mode="markers",
        name="required of worse",
        marker={"color": GREY, "size": 11, "symbol": "x"},
    )
    figure.update_xaxes(type="log")
    figure.update_yaxes(tickformat=".0%", range=[0, 1.03])
    return Picture(
        "delays",
        "How soon a bad candidate is caught",
        "For each fault the part of releases that had been taken back after so many requests. "
        "A curve that passes left of a cross and above it keeps what is required.",
        figure.to_json(),
    )


def _curve(found: Findings) -> Picture | None:
    if not found.curve:
        return None
    figure = _figure("part of the candidate's requests that fail", "probability of a rollback")
    errors = [each.errors for each in found.curve]
    ours = [each.ours for each in found.curve]
    figure.add_scatter(
        x=[*errors, *reversed(errors)],
        y=[*(each.most for each in ours), *(each.least for each in reversed(ours))],
        fill="toself",
        fillcolor="rgba(26,153,136,0.18)",
        line={"width": 0},
        hoverinfo="skip",
        name="95 % interval",
    )
    for name, values, colour in (
        ("this engine", [each.rate for each in ours], GOOD),
        ("fixed threshold, 5 failed checks", [each.fixed for each in found.curve], OTHER),
    ):
        figure.add_scatter(
            x=errors,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.4},
        )
    figure.add_vline(x=0.005, line={"color": GREY, "dash": "dash"})
    # Of a logarithmic axis an annotation wants the exponent.
    figure.add_annotation(x=log10(0.005), y=0.5, text="limit", xshift=20, showarrow=False)
    figure.update_xaxes(type="log", tickformat=".1%", tickvals=TICKS)
    figure.update_yaxes(tickformat=".0%", range=[-0.02, 1.03])
    return Picture(
        "operating-characteristic",
        "Who is rolled back, by how much really fails",
        "Stable fails 0.3 %, the limit is 0.5 %, there are 10 requests a second. The checker "
        "asks every minute of a 30-minute ramp (10 to 50 %) which part of the last minute's "
        "requests failed, and rolls back at the fifth minute above the limit, however far "
        "apart; its probabilities are computed exactly. It takes back most of what is healthy.",
        figure.to_json(),
    )


def _timeline(found: Findings, name: str) -> Picture | None:
    traces = found.traces.get(name)
    if not traces or not traces[0]:
        return None
    trace = traces[0]
    figure = _figure("minutes since the release began", "percent on the candidate")
    colour = GOOD if name == "healthy" else COLOURS[name]
    figure.add_scatter(
        x=[each.seconds / 60 for each in trace],
        y=[each.share / 100 for each in trace],
        mode="lines",
        line={"color": colour, "shape": "hv", "width": 2.4},
        fill="tozeroy",
        name="share",
        text=[each.sentence for each in trace],
        hovertemplate="%{y} %<br>%{text}<extra></extra>",
    )
    moves = [here for before, here in pairwise(trace) if here.share != before.share]
    figure.add_scatter(
        x=[each.seconds / 60 for each in moves],
        y=[each.share / 100 for each in moves],
        mode="markers",
        name="verdicts that moved it",
        marker={"color": [GOOD if each.kind is Kind.ADVANCE else BAD for each in moves]}
        | {"size": 10, "symbol": "diamond"},
        text=[each.sentence for each in moves],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.update_yaxes(range=[0, 104])
    title = {"healthy": "A healthy release", "late": "A candidate that fails late"}[name]
    last = next((each for each in moves if each.kind in SAFETY), trace[-1])
    return Picture(
        f"timeline-{name}", title, f"How it ended: {last.sentence}.", figure.to_json()
    )


def _figure(x: str, y: str) -> Any:  # noqa: ANN401 - Plotly has no types
    from plotly.graph_objects import Figure  # noqa: PLC0415 - half a second that only this needs

    figure = Figure()
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 60, "r": 20, "t": 30, "b": 60},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        template="none",
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": 1.12, "x": 0},
    )
    figure.update_xaxes(
        title={"text": x, "standoff": 12}, zeroline=False, gridcolor="rgba(128,128,128,0.22)"
    )
    figure.update_yaxes(title=y, zeroline=False, gridcolor="rgba(128,128,128,0.22)")
    return figure
