"""`serinus import markdown | jsonl | wxr PATH`.

Ends with 0 when nothing failed, 1 when an item did, 2 when it was called wrongly, 130 when it
was interrupted; what was written until then stays, and running it again goes on there.
"""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from serinus.application.content.import_ports import ImportSource
from serinus.application.content.import_report import ImportReport
from serinus.application.content.importing import Importing, ImportOptions
from serinus.domain.content.import_fitting import is_locale
from serinus.domain.errors import SerinusError
from serinus.presentation.cli.import_tables import as_plain, print_report
from serinus.presentation.cli.operations import Stopped

MAX_SOURCE = 100
INTERRUPTED = 130  # 128 + SIGINT, as a shell has it


class Kind(StrEnum):
    MARKDOWN = "markdown"
    JSONL = "jsonl"
    WXR = "wxr"


OpenImporting = Callable[[], AbstractContextManager[Importing]]
"""Opens what an import needs, and closes it afterwards."""

OpenSource = Callable[[Kind, Path, str], ImportSource]
"""The reader of a kind; the last argument is the locale of what names none, or empty.

May raise `OSError`.
"""

Source = Annotated[
    str, typer.Option(help="Name that finds the items again. Default: from the path or site.")
]
Author = Annotated[str, typer.Option(help="Who wrote what names nobody. Default: the source.")]
Locale = Annotated[str, typer.Option(help="Language of the items. Default: a guess for each.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything but keep it.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Also what was edited or deleted here since.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report", dir_okay=False, writable=True, help="Every remark, as JSON lines."
    ),
]
Input = Annotated[Path, typer.Argument(exists=True, readable=True)]

HELP = {
    Kind.MARKDOWN: "Import a folder of Markdown files with front matter (TOML or YAML).",
    Kind.JSONL: "Import links, a JSON object a line: title, url, content, date, tags ...",
    Kind.WXR: "Import posts, pages and comments of a WordPress export (WXR).",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One call of a command."""

    source: ImportSource
    options: ImportOptions
    as_json: bool
    report_file: Path | None


def import_app(importing: OpenImporting, open_source: OpenSource) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True)
    for kind in Kind:
        app.command(kind.value, help=HELP[kind])(_command(kind, importing, open_source))
    return app


def _command(
    kind: Kind, importing: OpenImporting, open_source: OpenSource
) -> Callable[..., None]:
    def command(  # noqa: PLR0913 - one argument for every option a user has
        path: Input,
        source: Source = "",
        author: Author = "",
        locale: Locale = "",
        *,
        dry_run: DryRun = False,
        overwrite: Overwrite = False,
        as_json: AsJson = False,
        report: ReportFile = None,
    ) -> None:
        found = _opened(kind, path, locale, open_source)
        options = ImportOptions(
            source=_named(source or found.name),
            author=author or found.name.partition(":")[2],
            dry_run=dry_run,
            overwrite=overwrite,
        )
        order = _Order(source=found, options=options, as_json=as_json, report_file=report)
        _run(importing, order)

    return command


def _opened(kind: Kind, path: Path, locale: str, open_source: OpenSource) -> ImportSource:
    if path.is_dir() and kind is not Kind.MARKDOWN:
        raise typer.BadParameter(f"{path} is a folder, not a file", param_hint="PATH")
    if locale and not is_locale(locale):
        raise typer.BadParameter(f"{locale!r} is no language tag", param_hint="--locale")
    try:
        return open_source(kind, path, locale)
    except OSError as error:
        raise Stopped(f"{path} cannot be read: {error.strerror}", code=2) from error


def _named(source: str) -> str:
    if len(source) > MAX_SOURCE:
        raise typer.BadParameter(f"at most {MAX_SOURCE} characters", param_hint="--source")
    return source


def _run(importing: OpenImporting, order: _Order) -> None:
    _check_writable(order.report_file)
    report = ImportReport(order.options.source, dry_run=order.options.dry_run)
    interrupted = False
    try:
        _import(importing, order, report)
    except KeyboardInterrupt:
        interrupted = True
    except SerinusError:
        if report.posts or report.pages:  # what was done until then
            _tell(order, report)
        raise
    _tell(order, report)
    if interrupted:
        raise Stopped("interrupted; run it again to go on", code=INTERRUPTED)
    if report.failed:
        raise typer.Exit(1)


def _check_writable(file: Path | None) -> None:
    """Before anything is imported, not after."""
    try:
        if file is not None:
            file.touch()
    except OSError as error:
        raise Stopped(f"{file} cannot be written: {error.strerror}", code=2) from error


def _import(importing: OpenImporting, order: _Order, report: ImportReport) -> None:
    with importing() as use_case, _progress() as progress:
        task = progress.add_task(order.options.source, total=None)
        asyncio.run(
            use_case.run(
                order.source,
                order.options,
                report=report,
                on_progress=lambda done, total: progress.update(
                    task, completed=done, total=total
                ),
            )
        )


def _progress() -> Progress:
    """On standard error, and only where a person looks at it."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _tell(order: _Order, report: ImportReport) -> None:
    if order.report_file is not None:
        lines = (msgspec.json.encode(remark) + b"\n" for remark in report.remarks)
        order.report_file.write_bytes(b"".join(lines))
    if order.as_json:
        encoded = msgspec.json.format(msgspec.json.encode(as_plain(report)), indent=2)
        sys.stdout.write(encoded.decode() + "\n")
    else:
        print_report(report, Console())
