"""The run as one HTML page that needs nothing else: Plotly is in it."""

from collections.abc import Sequence
from html import escape
from typing import Any

from benchmarks.soak.indicators import (
    MOST_ERRORS,
    MOST_GROWTH,
    MOST_P99,
    Summary,
    rates,
    resident,
)
from benchmarks.soak.watching import Sample

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #8886; padding: .3rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
"""

Row = Sequence[str]


def indicators(found: Summary) -> list[Row]:
    """What, how it was, and what is asked of it."""
    memory = found.memory
    engines = ", ".join(f"{name} {part:.0%}" for name, part in found.engines.items())
    return [
        ("error rate", f"{found.error_rate:.3%}", f"at most {MOST_ERRORS:.1%}"),
        ("p50", f"{found.p50:.0f} ms", ""),
        ("p99", f"{found.p99:.0f} ms", f"less than {MOST_P99:.0f} ms"),
        ("throughput", f"{found.throughput:.1f} requests/s", "as asked for"),
        ("cache hit ratio", f"{found.cache_hit_ratio:.1%}", ""),
        ("database query time", f"{found.query_ms:.2f} ms a request", ""),
        ("", f"{found.transaction_ms:.2f} ms a transaction", ""),
        ("memory at the start", f"{memory.start:.0f} MiB", ""),
        ("memory in the middle", f"{memory.middle:.0f} MiB", ""),
        ("memory at the end", f"{memory.end:.0f} MiB", ""),
        ("growth without the cache", f"{memory.growth:+.1%}", f"at most {MOST_GROWTH:.0%}"),
        ("served by engine", engines, ""),
        ("processors in use", f"{found.processors:.2f} by the server", ""),
        ("", f"{found.processors_busy:.2f} of {found.processors_here} by everything", ""),
        ("above 200 ms, by the server", f"{found.above_target:.3%}", ""),
        ("answers with 5xx", f"{found.server_errors:.0f}", ""),
    ]


def page(found: Summary, samples: Sequence[Sample], load: str) -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - megabytes that only this needs

    verdict = "; ".join(found.broken()) or "all kept"
    routes = [
        (
            each.name,
            str(each.requests),
            str(each.failures),
            f"{each.p50:.0f}",
            f"{each.p99:.0f}",
        )
        for each in found.routes
    ]
    body = [
        f"<h1>Soak test</h1><p>{escape(load)}</p><p><b>{escape(verdict)}</b></p>",
        _table(("indicator", "measured", "required"), indicators(found)),
        *(
            figure.to_html(full_html=False, include_plotlyjs=False)
            for figure in _figures(samples)
        ),
        _table(("route", "requests", "failed", "p50 ms", "p99 ms"), routes),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Soak test</title>'
        f"<style>{STYLE}</style><script>{get_plotlyjs()}</script><body>{''.join(body)}</html>"
    )


def _figures(samples: Sequence[Sample]) -> list[Any]:
    between = rates(samples)
    at = [each[0] for each in between]
    looks = [each.at for each in samples]
    return [
        _figure("Requests a second", at, {"all": [each[1] for each in between]}),
        _figure("Cache hit ratio", at, {"memory": [each[2] for each in between]}),
        _figure("ms of queries a request", at, {"PostgreSQL": [each[3] for each in between]}),
        _figure(
            "Memory, MiB",
            looks,
            {
                "all processes": [resident(each) for each in samples],
                "of it the cache": [each.cache_bytes / 2**20 for each in samples],
            },
        ),
    ]


def _figure(title: str, x: Sequence[float], lines: dict[str, list[float]]) -> Any:  # noqa: ANN401 - Plotly has no types
    from plotly.graph_objects import Figure, Scatter  # noqa: PLC0415 - slow to import

    figure = Figure([Scatter(x=list(x), y=values, name=name) for name, values in lines.items()])
    figure.update_layout(title=title, xaxis_title="seconds", height=320)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _table(heads: Row, rows: Sequence[Row]) -> str:
    def row(tag: str, cells: Row) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    return f"<table>{row('th', heads)}{''.join(row('td', each) for each in rows)}</table>"
