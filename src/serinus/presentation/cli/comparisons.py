"""`serinus release compare` and `explain`: where the engines differ, and what of it may be."""

from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from serinus.application.release.comparing import (
    WHOLE_ROUTE,
    Comparing,
    Explanation,
    PlaceDiffering,
    Report,
    RouteCompared,
)
from serinus.presentation.cli.plain import plain
from serinus.presentation.cli.releases import AsJson, OfRelease, Reason, actor

T = TypeVar("T")

out = Console()


class ComparesAnswers(Protocol):
    def compare(self, work: Callable[[Comparing], Coroutine[Any, Any, T]]) -> T:
        """Once, on the database that the settings name."""
        ...


def add_comparing(app: typer.Typer, operations: ComparesAnswers) -> None:
    @app.command()
    def compare(*, release: OfRelease = None, as_json: AsJson = False) -> None:
        """Show on which routes both engines were compared, and where their answers differ."""
        found = operations.compare(lambda comparing: comparing.report(release))
        if as_json:
            out.print_json(msgspec.json.encode(report_json(found)).decode())
        else:
            out.print(shown(found))

    @app.command()
    def explain(
        route: Annotated[str, typer.Argument(help="As `compare` shows it.")],
        path: Annotated[
            str,
            typer.Argument(
                help=f"As `compare` shows it; {WHOLE_ROUTE}: that the route is compared too "
                "little, or cannot be."
            ),
        ],
        *,
        reason: Reason,
    ) -> None:
        """Accept a difference: the release does not wait because of it any more."""
        operations.compare(
            lambda comparing: comparing.explain(route, path, actor=actor(), reason=reason)
        )
        out.print(Text("explained: ").append(plain(f"{route} {path}")))


def shown(found: Report) -> RenderableType:
    if not found.routes:
        return Text("nothing has been compared yet")
    parts: list[RenderableType] = [_routes(found)]
    parts += [_remark(each) for each in found.routes if each.cannot or each.explained]
    parts += [_place(each) for each in found.places]
    return Group(*parts)


def report_json(found: Report) -> dict[str, Any]:
    return {
        "release": str(found.release),
        "routes": [asdict(each) for each in found.routes],
        "differences": [
            asdict(each)
            | {"first_at": each.first_at.isoformat(), "last_at": each.last_at.isoformat()}
            for each in found.places
        ],
    }


def _routes(found: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("route", overflow="fold")
    for title in ("compared", "differing", "noise", "skipped", "v2 failed", "v1 failed"):
        table.add_column(title, justify="right")
    for each in found.routes:
        counts = (each.compared, each.differing, each.noise, each.skipped)
        failed = (each.worse + each.shared, each.better + each.shared)
        table.add_row(plain(each.route), *map(str, (*counts, *failed)))
    return table


def _remark(route: RouteCompared) -> Text:
    told = Text("\n").append(plain(route.route))
    if route.cannot:
        told.append(f"\n  not compared: {route.cannot}", "yellow")
    return told.append(_explained(route.explained))


def _place(place: PlaceDiffering) -> Text:
    told = Text("\n").append(plain(f"{place.route} {place.path}"))
    told.stylize("" if place.explained else "red")
    told.append(
        f"\n  {place.kind}, {place.count} times, last {place.last_at:%Y-%m-%d %H:%M:%S}"
    )
    told.append("\n  v1  ").append(plain(place.stable or "-"))
    told.append("\n  v2  ").append(plain(place.candidate or "-"))
    return told.append(_explained(place.explained))


def _explained(explanation: Explanation | None) -> Text:
    if explanation is None:
        return Text()
    return Text("\n  ").append(plain(f"{explanation.by}: {explanation.reason}"))
