"""A release on a terminal, and as JSON: where it stands, what was seen, what comes next."""

from collections.abc import Sequence
from dataclasses import asdict
from math import exp, log
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from serinus.application.release.ports import NodeSeen
from serinus.application.release.steering import Status
from serinus.domain.release.ahead import ahead
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan_members import Gate
from serinus.domain.release.release import Release
from serinus.domain.release.verdict import Kind, Reading, Verdict
from serinus.presentation.cli.plain import plain

COLOUR = {
    Kind.EMERGENCY: "bold red",
    Kind.ROLL_BACK: "red",
    Kind.STEP_BACK: "red",
    Kind.HOLD: "yellow",
    Kind.ADVANCE: "green",
}
STANDS = {Phase.RAMPING, Phase.BAKING, Phase.ROLLING_BACK, Phase.ROLLED_BACK}
MILLION = log(1e6)
LATE = 3.0  # seconds since a worker was heard of
NODES, EVENTS = 8, 5  # that are shown


def screen(found: Status | None) -> RenderableType:
    """None: the database does not answer."""
    if found is None:
        return Panel(Text("the database does not answer; trying again", style="red"))
    parts: list[RenderableType] = [_share(found)]
    if found.verdict is not None and found.release is not None and not found.release.ended:
        risk = found.release.plan.risk.false_rollback
        parts += [_verdict(found.verdict, risk), _guardrails(found.verdict)]
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
        "ahead": release and _ahead_json(release),
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


def _ahead_json(release: Release) -> dict[str, Any] | None:
    coming = ahead(release)
    if coming is None:
        return None
    return {
        "phase": coming.phase,
        "share_percent": coming.share.percent,
        "not_before": coming.not_before.isoformat(),
        "gate": coming.gate,
        "waits_for_a_person": coming.waits_for_a_person,
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
    if found.release is not None:
        told.add_row("stages", _stages(found.release))
        told.add_row("next", _coming(found.release))
    return Group(line, told)


def _stages(release: Release) -> Text:
    """The ladder that it is on, up or down, and the rung where it stands."""
    down = release.phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK}
    ladder = release.plan.rollback_stages if down else release.plan.stages
    stages = Text()
    for n, share in enumerate(ladder):
        here = n == release.stage and release.phase in STANDS
        told = f"[{share.percent} %]" if here else f" {share.percent} % "
        stages.append(told, style="bold" if here else "dim")
    stages.append(f"  {str(release.phase).replace('_', ' ')}", style="bold")
    if release.paused:
        stages.append(", paused", style="yellow")
    return stages


def _coming(release: Release) -> Text:
    coming = ahead(release)
    if coming is None:
        return Text(f"nothing: it ended {release.ended_at:%Y-%m-%d %H:%M:%S} UTC")
    told = Text(f"{coming.share.percent} %, {str(coming.phase).replace('_', ' ')}")
    told.append(f", not before {coming.not_before:%Y-%m-%d %H:%M:%S} UTC")
    if coming.waits_for_a_person:
        told.append("; a person opens the gate: promote", style="yellow")
    elif coming.gate is not Gate.NONE:
        told.append(f"; gate: {coming.gate}{', opened' if coming.opened else ''}")
    return told


def _verdict(verdict: Verdict, risk: float) -> RenderableType:
    told = Text(str(verdict.kind).replace("_", " "), style=COLOUR[verdict.kind])
    told.append(f": {plain(verdict.sentence)}", style="default")
    for alert in verdict.alerts:
        told.append(f"\nalert: {plain(alert)}", style="yellow")
    spent = f"of {_percent(risk)} risk of a false rollback {_percent(verdict.spent)} is spent"
    return Panel(
        told, title="verdict", title_align="left", subtitle=spent, subtitle_align="left"
    )


def _guardrails(verdict: Verdict) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    table.add_column("test")
    table.add_column("arm")
    for title in ("requests", "bad", "rate", "limit", "E", "acts at", "proof"):
        table.add_column(title, justify="right", no_wrap=True)
    for reading in verdict.readings:
        if reading.requests and not reading.guardrail.startswith(("emergency", "history")):
            table.add_row(*_reading(reading), style="red" if reading.breached else None)
    return table


def _reading(reading: Reading) -> tuple[str, ...]:
    where = f" {reading.route}" if reading.route else ""
    relative = reading.guardrail.startswith("relative")
    needs = f"{reading.needed:,} more" if reading.needed else ""
    return (
        f"{reading.guardrail}{where}",
        str(reading.arm or ""),
        f"{reading.requests:,}",
        f"{reading.bad:,}",
        _percent(reading.rate),
        f"{reading.limit:g} x" if relative else _percent(reading.limit),
        _evidence(reading.log_e),
        _evidence(reading.log_threshold),
        "proven" if reading.proven else needs,
    )


def _percent(part: float) -> str:
    return f"{100 * part:.2f} %"


def _evidence(natural: float) -> str:
    """Of more than a million nobody needs the digits, and below 1 it only says: nothing."""
    if natural > MILLION:
        return f"10^{natural / log(10):.0f}"
    number = exp(natural)
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


def _nodes(found: Status) -> RenderableType:
    alive = sorted(found.nodes, key=lambda node: node.heard_ago)
    heard = [node for node in alive if node.heard_ago <= LATE]
    serve = [node for node in heard if node.state.epoch == found.epoch]
    times = [node.applied_after for node in serve if node.applied_after is not None]
    told = Text(f"{len(serve)} of {len(heard)} workers serve epoch {found.epoch}")
    if times:
        told.append(f", the last one after {1000 * max(times):.0f} ms")
    told.stylize("" if len(serve) == len(heard) else "yellow")
    return Group(told, _workers(alive, found.epoch))


def _workers(alive: Sequence[NodeSeen], newest: int) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    for title in ("worker", "epoch", "share", "applied after", "heard", "says"):
        table.add_column(title)
    for node in alive[:NODES]:
        state, after = node.state, node.applied_after
        table.add_row(
            f"{plain(state.name)} {state.pid}",
            Text(str(state.epoch), "" if state.epoch == newest else "red"),
            f"{state.share.percent} %",
            "" if after is None else f"{1000 * after:.0f} ms",
            Text(f"{node.heard_ago:.1f} s ago", "red" if node.heard_ago > LATE else ""),
            Text(state.says or _behind(state.epoch, newest), "yellow"),
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
