"""What is measured beside requests: how fast content comes in, and what the switch costs."""

import asyncio
import json
import statistics
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from benchmarks import switch_cost
from benchmarks.side_by_side.cases import CLIENTS, ENGINES, Case, Operation
from benchmarks.side_by_side.findings import Findings, Rate
from benchmarks.side_by_side.servers import Standing, run

ITEMS = 1000
SWITCH_ROUNDS = 40


def rates(findings: Findings, standing: Standing) -> list[Rate]:
    search = [
        Rate(
            f"search, {way.name}, {CLIENTS[-1]} clients",
            findings.timing(Case(Operation.SEARCH, way, CLIENTS[-1])).rate,
            "requests/s",
        )
        for way in ENGINES
    ]
    return [*_switch(), _import(standing), *search]


def _switch() -> list[Rate]:
    """Of all kinds of consumers and both arms, in the median."""
    costs: dict[str, list[float]] = {}
    for name, taken in asyncio.run(switch_cost.measure(SWITCH_ROUNDS)):
        costs.setdefault(name.rpartition(": ")[2], []).append(statistics.median(taken))
    return [
        Rate(f"{layer}, processor", statistics.median(taken), "us")
        for layer, taken in costs.items()
    ]


def _import(standing: Standing) -> Rate:
    """Of many items less what one takes: the start of a command is no item."""
    took = [_imported(standing, name, items) for name, items in (("one", 1), ("many", ITEMS))]
    return Rate("import", (ITEMS - 1) / (took[1] - took[0]), "posts/s")


def _imported(standing: Standing, name: str, items: int) -> float:
    file = standing.home / f"{name}.jsonl"
    file.write_text("\n".join(_item(name, number) for number in range(items)))
    began = perf_counter()
    try:
        run("import", "jsonl", str(file), home=standing.home, database=standing.database)
    finally:
        with suppress(FileNotFoundError):
            Path(file).unlink()
    return perf_counter() - began


def _item(name: str, number: int) -> str:
    item = {
        "title": f"A canary of the {name}, number {number}",
        "url": f"https://old.example/{name}/{number}",
        "content": f"It was number {number}. " + "It sang, and nobody wondered. " * 40,
        "date": "2024-05-01T09:00:00Z",
        "tags": ["birds", f"tag-{number % 20}"],
    }
    return json.dumps(item)
