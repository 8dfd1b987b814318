"""A release on a terminal, and as JSON: where it stands, what was seen, what comes next."""

from dataclasses import asdict
from math import e
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from serinus.application.release.steering import Status
from serinus.domain.release.phase import Phase
from serinus.domain.release.verdict import Kind, Reading, Verdict
from serinus.presentation.cli.plain import plain

COLOUR = {
    Kind.EMERGENCY: "bold red",
    Kind.ROLL_BACK: "red",
    Kind.STEP_BACK: "red",
    Kind.HOLD: "yellow",
    Kind.ADVANCE: "green",
}
LATE = 3.0  # seconds since a worker was heard of
NODES, EVENTS = 8, 5  # that are shown


def screen(found: Status | None) -> RenderableType:
    """None: the database does not answer."""
    if found is None:
        return Panel(Text("the database does not answer; trying again", style="red"))
    parts: list[RenderableType] = [_share(found)]
    if found.release is not None:
        parts.append(_stage(found))
    if found.verdict is not None and found.release is not None and not found.release.ended:
        parts += [_verdict(found.verdict), _guardrails(found.verdict)]
    if found.nodes:
        parts.append(_nodes(found))
    if found.events:
        parts.append(_events(found))
    return Group(*parts)


def status_json(found: Status) -> dict[str, Any]:
    release = found.release
    return {
        "share_percent": found.share.percent,
        "source": found.source,
        "epoch": found.epoch,
        "since": found.since and found.since.isoformat(),
        "release": release
        and {
            "id": str(release.id),
            "phase": release.phase,
            "stage": release.stage,
            "paused": release.paused,
            "since": release.since.isoformat(),
            "started_at": release.started_at.isoformat(),
            "ended_at": release.ended_at and release.ended_at.isoformat(),
        },
        "verdict": found.verdict and found.verdict.to_json(),
        "looked_ago": found.looked_ago,
        "nodes": [
            {
                **asdict(node.state),
                "node": str(node.state.node),
                "share": node.state.share.percent,
                "applied_after": node.applied_after,
                "heard_ago": node.heard_ago,
            }
            for node in found.nodes
        ],
    }


def _share(found: Status) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    percent = found.share.basis_points / 100
    line.add_row(
        Text(f"{found.share.percent} %", style="bold"),
        ProgressBar(total=100, completed=percent, width=30),
        Text("of contract v1 is served by engine v2"),
    )
    told = Table.grid(padding=(0, 2))
    told.add_row("source", Text(found.source or "no server has started on this database"))
    since = f", since {found.since:%Y-%m-%d %H:%M:%S} UTC" if found.since else ""
    told.add_row("epoch", f"{found.epoch}{since}")
    return Group(line, told)


def _stage(found: Status) -> RenderableType:
    release = found.release
    assert release is not None  # noqa: S101 - whoever calls this has looked
    stages = Text("stages  ")
    for n, share in enumerate(release.plan.stages):
        here = n == release.stage and release.phase in {Phase.RAMPING, Phase.BAKING}
        stages.append(f" {share.percent} % ", style="reverse" if here else "dim")
    stages.append(f"  {str(release.phase).replace('_', ' ')}", style="bold")
    if release.paused:
        stages.append("  paused", style="yellow")
    return stages


def _verdict(verdict: Verdict) -> RenderableType:
    told = Text(str(verdict.kind).replace("_", " "), style=COLOUR[verdict.kind])
    told.append(f": {plain(verdict.sentence)}", style="default")
    for alert in verdict.alerts:
        told.append(f"\nalert: {plain(alert)}", style="yellow")
    return Panel(told, title=f"risk spent {verdict.spent:.2%}", title_align="left")


def _guardrails(verdict: Verdict) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    table.add_column("test")
    table.add_column("arm")
    for title in ("requests", "bad", "rate", "limit", "E", "acts at", "needs"):
        table.add_column(title, justify="right", no_wrap=True)
    for reading in verdict.readings:
        if reading.requests and not reading.guardrail.startswith(("emergency", "history")):
            table.add_row(*_reading(reading), style="red" if reading.breached else None)
    return table


def _reading(reading: Reading) -> tuple[str, ...]:
    where = f" {reading.route}" if reading.route else ""
    relative = reading.guardrail.startswith("relative")
    needs = "proven" if reading.proven else str(reading.needed or "")
    return (
        f"{reading.guardrail}{where}",
        str(reading.arm or ""),
        str(reading.requests),
        str(reading.bad),
        f"{reading.rate:.2%}",
        f"{reading.limit:g}x" if relative else f"{reading.limit:.2%}",
        _power(reading.log_e),
        _power(reading.log_threshold),
        needs,
    )


def _power(natural: float) -> str:
    """As a power of ten: evidence multiplies."""
    if natural < -100:
        return "0"
    number = e**natural
    return f"{number:.2f}" if 0.01 <= number < 100 else f"{number:.0e}"


def _nodes(found: Status) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    for title in ("worker", "epoch", "share", "applied after", "heard", "says"):
        table.add_column(title)
    alive = sorted(found.nodes, key=lambda node: node.heard_ago)
    for node in alive[:NODES]:
        state, after = node.state, node.applied_after
        table.add_row(
            f"{plain(state.name)} {state.pid}",
            Text(str(state.epoch), "" if state.epoch == found.epoch else "red"),
            f"{state.share.percent} %",
            "" if after is None else f"{1000 * after:.0f} ms",
            Text(f"{node.heard_ago:.1f} s ago", "red" if node.heard_ago > LATE else ""),
            Text(state.says or _behind(state.epoch, found.epoch), "yellow"),
        )
    if len(alive) > NODES:
        table.add_row(f"and {len(alive) - NODES} more")
    return table


def _behind(epoch: int, newest: int) -> str:
    return "" if epoch == newest else f"does not serve epoch {newest}"


def _events(found: Status) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for event in found.events[-EVENTS:]:
        told = Text(f"{event.actor}: {event.reason}", overflow="ellipsis", no_wrap=True)
        table.add_row(f"{event.at:%H:%M:%S}", event.kind, told)
    return table
