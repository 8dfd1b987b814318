"""Releases as a case wants to find them: planted by SQL, and wiped with the case before."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from serinus.domain.release.plan import Plan
from serinus.infrastructure.postgres.release_rows import LOCK
from tests.contract.table.case import Case, Names, Planted
from tests.contract.table.state import digest

#: The judge looks at it, and finds nothing to do.
LONG = {"dwell": "1h", "baseline": "1h", "bake": "1h", "rollback_dwell": "1h", "gates": {}}
WIPE = """
    ALTER TABLE release_events DISABLE TRIGGER release_events_stay;
    DELETE FROM release_untold;
    DELETE FROM release_events;
    ALTER TABLE release_events ENABLE TRIGGER release_events_stay;
    DELETE FROM release_pins;
    DELETE FROM release_differences;
    DELETE FROM release_comparisons;
    DELETE FROM release_histograms;
    DELETE FROM release_evidence;
    DELETE FROM releases;
"""
EPOCH = "SELECT coalesce(max(epoch), 0) + 1 FROM routing_epochs"
Connection = psycopg.Connection[Any]


def release(name: str, **columns: Any) -> Planted:
    """`phase`, `stage` (from 0), `share` in basis points and so on; `plan`: beside `LONG`;
    `ended`: how long ago.
    """
    return Planted("release", name, columns)


def pins(count: int) -> Planted:
    """So many pinned consumers of the release planted last."""
    return Planted("pins", "pins", {"count": count})


def difference(route: str, path: str) -> Planted:
    """Of the release planted last: 812 answers compared there, 3 that differ at this place."""
    return Planted("difference", "difference", {"route": route, "path": path})


def plant(case: Case, database: Connection, names: Names) -> None:
    with database.transaction():
        # As whoever decides what is in force does: the judge waits, and finds another world.
        database.execute(LOCK)
        database.execute(WIPE)
        for item in case.state:
            if item.kind == "release":
                _plant_release(item, case, database, names)
            elif item.kind == "pins":
                _plant_pins(item.columns["count"], database)
            elif item.kind == "difference":
                _plant_difference(database, **item.columns)


def _plant_release(item: Planted, case: Case, database: Connection, names: Names) -> None:
    columns = dict(item.columns)
    plan = Plan.from_json(LONG | columns.pop("plan", {})).to_json()
    ended, now = columns.pop("ended", None), datetime.now(UTC)
    epoch = database.execute(EPOCH).fetchone()[0]  # type: ignore[index] # there is one row
    drawn = digest(f"{case.id}\0{item.name}")
    names.known[item.name] = str(UUID(f"{drawn[:12]}7{drawn[:3]}8{drawn[12:27]}"))
    began = now - (ended or timedelta(0))
    row: dict[str, Any] = {
        "id": names.known[item.name],
        "first_epoch": epoch,
        "salt": f"salt of {item.name}",
        "plan": json.dumps(plan),
        "phase": "comparing",
        "stage": 0,
        "share": 0,
        "paused": False,
        "gate_open": False,
        "since": began,
        "since_epoch": epoch,
        "epoch": epoch,
        "version": 1,
        "looked_at": now,
        "started_at": began,
        "ended_at": None if ended is None else began,
    } | columns
    _insert(database, "releases", row)
    routing = {"epoch": epoch, "share": row["share"], "origin": "planted", "started_at": now}
    _insert(database, "routing_epochs", routing | {"release_id": row["id"]})


def _plant_pins(count: int, database: Connection) -> None:
    database.execute(
        """
        INSERT INTO release_pins (release_id, consumer, arm)
        SELECT id, 'consumer ' || n, 'stable'
          FROM (SELECT id FROM releases ORDER BY first_epoch DESC LIMIT 1) newest,
               generate_series(1, %s) n
        """,
        [count],
    )


def _plant_difference(database: Connection, route: str, path: str) -> None:
    newest = "SELECT id FROM releases ORDER BY first_epoch DESC LIMIT 1"
    found = database.execute(newest).fetchone()
    assert found is not None
    place, now = {"release_id": found[0], "route": route}, datetime.now(UTC)
    _insert(database, "release_comparisons", place | {"compared": 812, "differing": 3})
    seen = {"kind": "value", "count": 3, "first_at": now, "last_at": now}
    forms = {"stable": "text of 15", "candidate": "text of 14"}
    _insert(database, "release_differences", place | {"path": path} | seen | forms)


def _insert(database: Connection, table: str, row: Mapping[str, Any]) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join([sql.Placeholder()] * len(row)),
    )
    database.execute(statement, list(row.values()))
