"""Releases and their records as rows."""

from collections.abc import Mapping

import asyncpg

from serinus.domain.release.assignment import Arm, Share
from serinus.domain.release.history import Event
from serinus.domain.release.phase import Phase
from serinus.domain.release.plan import Plan
from serinus.domain.release.release import Release

#: Told on it: the epoch that is in force, at every look and every change.
CHANNEL = "serinus_release"

#: One at a time decides what is in force: the judge, people, servers that start.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('serinus.routing'))"

#: All that a release consists of; what the judge remembers is long, and apart.
COLUMNS = """
r.id, r.first_epoch, r.salt, r.plan, r.drill, r.phase, r.stage, r.share, r.paused, r.gate_open,
r.since, r.since_epoch, r.epoch, r.version, r.started_at, r.ended_at
"""

#: One row at most. Once a drill is over, all is as it was before.
GOVERNS = """
(SELECT * FROM releases WHERE drill IS NULL OR ended_at IS NULL
  ORDER BY first_epoch DESC LIMIT 1)
"""

#: The routing that was entered last, one row at most; of drills that are over it knows nothing.
IN_FORCE = """
(SELECT e.* FROM routing_epochs e LEFT JOIN releases d ON d.id = e.release_id
  WHERE d.drill IS NULL OR d.ended_at IS NULL
  ORDER BY e.epoch DESC LIMIT 1)
"""


def release_of(row: asyncpg.Record) -> Release:
    return Release(
        id=row["id"],
        salt=row["salt"],
        plan=Plan.from_json(row["plan"]),
        phase=Phase(row["phase"]),
        stage=row["stage"],
        share=Share(row["share"]),
        paused=row["paused"],
        gate_open=row["gate_open"],
        since=row["since"],
        since_epoch=row["since_epoch"],
        first_epoch=row["first_epoch"],
        epoch=row["epoch"],
        version=row["version"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        drill=row["drill"],
    )


def event_of(row: asyncpg.Record) -> Event:
    return Event(
        release=row["release_id"],
        number=row["number"],
        at=row["at"],
        actor=row["actor"],
        reason=row["reason"],
        kind=row["kind"],
        body=row["body"],
        previous=row["previous"],
        hash=row["hash"],
    )


def arms(pins: Mapping[str, str] | None) -> Mapping[str, Arm]:
    return {consumer: Arm(arm) for consumer, arm in (pins or {}).items()}
