"""The report's pictures. Colours are read on white and on black."""

from dataclasses import dataclass
from typing import Any

from benchmarks.side_by_side.cases import ANSWERED, CLIENTS, ENGINE_V1, Operation
from benchmarks.side_by_side.findings import ALL, REST, Answered, Compared, Findings, Stack
from benchmarks.side_by_side.table import figure_of

GOOD, BAD, OTHER, GREY, BLUE = "#1a9988", "#e0503f", "#d99a1c", "#8a8f98", "#3f7fd9"
PIECES = (BAD, BLUE, OTHER, "#a5359c", GREY)
BAND = 34  # pixels of height for each line of a picture


@dataclass(frozen=True, slots=True)
class Picture:
    """`figure` is Plotly's, as JSON."""

    name: str
    title: str
    says: str
    figure: str


def pictures(found: Findings) -> list[Picture]:
    drawn = [_saved(found.compared)]
    if found.stacks:
        drawn.append(_stacks(found.stacks))
    return drawn + [_times(found.answered, operation) for operation in ANSWERED]


def _saved(compared: list[Compared]) -> Picture:
    wanted = [each for each in compared if each.target is not None]
    figure = _figure(len(wanted), "of engine v1's time saved, in percent")
    for met, colour in ((True, GOOD), (False, BAD)):
        those = [each for each in wanted if each.met is met]
        figure.add_scatter(
            x=[100 * each.against.saved for each in those],
            y=[_named(each) for each in those],
            mode="markers",
            name="target met" if met else "target missed",
            marker={"color": colour, "size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * (each.against.ratio - each.against.least) for each in those],
                "arrayminus": [
                    100 * (each.against.most - each.against.ratio) for each in those
                ],
                "color": colour,
            },
        )
    figure.add_scatter(
        x=[100 * (each.target or 0) for each in wanted],
        y=[_named(each) for each in wanted],
        mode="markers",
        name="target",
        marker={"color": GREY, "size": 14, "symbol": "line-ns-open"},
    )
    figure.update_yaxes(autorange="reversed")
    return Picture(
        "saved",
        "What engine v2 saves",
        "Dots are medians of rounds, bars their 95 % intervals, by operation, contract and "
        f"number of clients. \u201c{ALL}\u201d is the geometric mean of the three.",
        figure.to_json(),
    )


def _times(answered: list[Answered], operation: Operation) -> Picture:
    ways = ANSWERED[operation]
    figure = _figure(2 * len(ways), "milliseconds")
    for clients, colour in zip(CLIENTS, (BLUE, OTHER), strict=True):
        those = [
            each for each in answered if (each.operation, each.clients) == (operation, clients)
        ]
        figure.add_box(
            y=[each.way for each in those],
            q1=[each.timing.p25 for each in those],
            median=[each.timing.p50 for each in those],
            q3=[each.timing.p75 for each in those],
            lowerfence=[each.timing.p5 for each in those],
            upperfence=[each.timing.p99 for each in those],
            name=f"{clients} client{'s' if clients > 1 else ''}",
            orientation="h",
            marker={"color": colour},
        )
    figure.update_xaxes(type="log")
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(boxmode="group")
    return Picture(
        f"times-{operation.replace(' ', '-')}",
        f"{operation.capitalize()}: how long answers took",
        "Of all requests: the box holds the middle half, whiskers reach from the 5th to "
        f"the 99th percentile. \u201c{ENGINE_V1.name}\u201d: contract v1 on engine v1.",
        figure.to_json(),
    )


def _stacks(stacks: list[Stack]) -> Picture:
    figure = _figure(2 * len(stacks), "of engine v1's time, in percent")
    whole = {
        each.operation: sum(each.pieces.values())
        for each in stacks
        if each.way == ENGINE_V1.name
    }
    pieces = dict.fromkeys(piece for each in stacks for piece in each.pieces if piece != REST)
    for piece, colour in zip([*pieces, REST], PIECES, strict=False):
        those = [each for each in stacks if piece in each.pieces]
        figure.add_bar(
            x=[100 * each.pieces[piece] / whole[each.operation] for each in those],
            y=[f"{each.operation}, {each.way}" for each in those],
            name=piece,
            orientation="h",
            marker={"color": colour},
            text=[f"{figure_of(each.pieces[piece])} ms" for each in those],
            textposition="inside",
        )
    figure.update_layout(barmode="stack")
    figure.update_yaxes(autorange="reversed")
    return Picture(
        "stacks",
        "Why: what a request is made of",
        "One client. Each piece was measured alone; all the rest is what is left of the median "
        "over HTTP: the server, the framework, who is asking, the way there and back.",
        figure.to_json(),
    )


def _named(each: Compared) -> str:
    return f"{each.operation}, {each.way}, {each.clients}"


def _figure(bands: int, x: str) -> Any:  # noqa: ANN401 - Plotly has no types
    from plotly.graph_objects import Figure  # noqa: PLC0415 - half a second that only this needs

    figure = Figure()
    figure.update_layout(
        height=130 + BAND * bands,
        margin={"l": 190, "r": 20, "t": 30, "b": 60},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        template="none",
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    grid = "rgba(128,128,128,0.22)"
    figure.update_xaxes(title={"text": x, "standoff": 12}, zeroline=False, gridcolor=grid)
    figure.update_yaxes(zeroline=False, gridcolor=grid)
    return figure
