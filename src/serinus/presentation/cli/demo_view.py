"""What is seen of a demonstration: while it goes on, and in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from serinus.application.release.steering import Status
from serinus.domain.release.history import Event
from serinus.domain.release.phase import Phase
from serinus.domain.release.verifying import Broken
from serinus.presentation.cli.plain import plain
from serinus.presentation.cli.release_view import screen


class Fault(StrEnum):
    """Of engine v2, for real."""

    ERRORS = "errors"
    LATENCY = "latency"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class DemoWanted:
    """`rate`: requests a second."""

    fault: Fault | None
    consumers: int
    rate: float
    seed: int


class ClientsSaw(Protocol):
    """What the clients got until now."""

    failed_reads: int
    failed_writes: int
    rescued: int

    @property
    def requests(self) -> int: ...

    def lately(self) -> tuple[float, Mapping[str, float]]:
        """Requests a second, and the median milliseconds of each engine."""
        ...


@dataclass(frozen=True, slots=True)
class DemoFrame:
    says: str
    status: Status | None = None
    seen: ClientsSaw | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEnded:
    """`served`: shares that were in force, in basis points. Times in seconds since the release
    began; None where it did not come to that.
    """

    fault: Fault | None
    status: Status
    seen: ClientsSaw
    history: Sequence[Event]
    broken: Broken | None
    seconds: float
    faulty_at: float | None
    taken_back_at: float | None
    served: frozenset[int] = field(default_factory=frozenset)

    @property
    def as_it_should(self) -> bool:
        release = self.status.release
        if self.broken is not None or release is None:
            return False
        match self.fault:
            case None:
                return release.phase is Phase.COMPLETE
            case Fault.DIFFERENCE:
                return max(self.served) == 0  # nobody ever met it
            case _:
                return release.phase is Phase.ROLLED_BACK


def shown(frame: DemoFrame) -> RenderableType:
    if frame.status is None or frame.seen is None:
        return Panel(Text(f"{frame.says} ..."), title="Serinus", title_align="left")
    parts = [screen(frame.status), _traffic(frame.seen)]
    if frame.says:
        parts.insert(0, Panel(Text(frame.says, style="bold red")))
    return Group(*parts)


def _traffic(seen: ClientsSaw) -> RenderableType:
    rate, medians = seen.lately()
    times = ", ".join(f"{engine} {ms:.0f} ms" for engine, ms in sorted(medians.items()))
    table = Table.grid(padding=(0, 2))
    table.add_row("clients", f"{seen.requests} requests, {rate:.0f} a second; median {times}")
    table.add_row("", _failures(seen))
    return Panel(table, title="what the clients see", title_align="left")


def _failures(seen: ClientsSaw) -> Text:
    text = (
        f"{seen.failed_reads} reads and {seen.failed_writes} writes failed; "
        f"{seen.rescued} reads that engine v2 failed were answered by engine v1"
    )
    return Text(text, style="red" if seen.failed_reads + seen.failed_writes else "green")


def line_of(event: Event) -> Text:
    line = Text(f"{event.at:%H:%M:%S} {event.kind:13} ")
    return line.append(plain(f"{event.actor}: {event.reason}"))


def summary(ended: DemoEnded) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    release = ended.status.release
    phase = str(release.phase).replace("_", " ") if release else "none"
    table.add_row("release", f"{phase} after {ended.seconds:.0f} s")
    if ended.faulty_at is not None:
        table.add_row("fault", f"the build with it went out after {ended.faulty_at:.0f} s")
    if ended.faulty_at is not None and ended.taken_back_at is not None:
        table.add_row("taken back", f"{ended.taken_back_at - ended.faulty_at:.1f} s later")
    table.add_row("requests", f"{ended.seen.requests}")
    table.add_row("clients", _failures(ended.seen))
    record = "every decision follows from its evidence"
    table.add_row("record", plain(ended.broken.what) if ended.broken else Text(record))
    for event in ended.history:
        table.add_row("", line_of(event))
    good = ended.as_it_should
    verdict = "as it should" if good else "NOT as it should"
    return Panel(
        table,
        title=f"it went {verdict}",
        title_align="left",
        border_style="green" if good else "red",
    )
