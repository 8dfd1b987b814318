"""The report of an import, for a person and for a program."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from serinus.application.content.import_report import ImportReport, Made, Remark, Result

SHOWN = 20  # items that are listed one by one
LEFT_OUT = {Result.SKIPPED, Result.FAILED, Result.KEPT}


def as_plain(report: ImportReport) -> dict[str, Any]:
    """All of it, with every count present."""
    return {
        "source": report.source,
        "dry_run": report.dry_run,
        "posts": {result: report.posts[result] for result in Result},
        "pages": {result: report.pages[result] for result in Result},
        "comments": {result: report.comments[result] for result in Result},
        "made": {kind: report.made[kind] for kind in Made},
        "remarks": report.remarks,
    }


def print_report(report: ImportReport, out: Console) -> None:
    title = f"{report.source} (dry run: nothing was kept)" if report.dry_run else report.source
    out.print(_counts(report, title))
    made = ", ".join(f"{report.made[kind]:,} {kind}" for kind in Made if report.made[kind])
    if made:
        out.print(f"new: {made}")
    if report.remarks:
        out.print(_reasons(report))
    _print_items([r for r in report.remarks if r.result in LEFT_OUT], out)


def _counts(report: ImportReport, title: str) -> Table:
    table = Table("", *Result, title=title, title_justify="left")
    rows = (("items", report.posts), ("pages", report.pages), ("comments", report.comments))
    for name, counts in rows:
        if name == "items" or counts:
            table.add_row(name, *(f"{counts[result]:,}" for result in Result))
    return table


def _reasons(report: ImportReport) -> Table:
    table = Table("", "items", "what is to be said", show_header=False, box=None)
    counted = Counter((remark.result, remark.reason) for remark in report.remarks)
    order = list(Result)
    for (result, reason), count in sorted(
        counted.items(), key=lambda entry: (-order.index(entry[0][0]), -entry[1])
    ):
        table.add_row(result, f"{count:,}", reason)
    return table


def _print_items(remarks: list[Remark], out: Console) -> None:
    """Failures first; the rest as far as there is room."""
    ordered = sorted(remarks, key=lambda remark: remark.result is not Result.FAILED)
    for remark in ordered[:SHOWN]:
        detail = f" ({remark.detail})" if remark.detail else ""
        # Addresses and texts of a source are not our markup.
        out.print(
            f"  {remark.result}  {remark.address}: {remark.reason}{detail}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if len(ordered) > SHOWN:
        out.print(f"  and {len(ordered) - SHOWN:,} more: --report FILE writes them all")
