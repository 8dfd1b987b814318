"""A release and what it needs, for tests of its stores and of the judge's work."""

from typing import Any, TypedDict
from uuid import UUID, uuid4

import asyncpg

from serinus.application.release.steering import Steering
from serinus.domain.release.history import Event
from serinus.domain.release.plan import Plan
from serinus.infrastructure.postgres.release_nodes import PostgresNodes
from serinus.infrastructure.postgres.releases import PostgresReleases

#: A release of seconds, which asks for nothing that a test does not give.
QUICK = {
    "dwell": "0s",
    "bake": "0s",
    "baseline": "0s",
    "rollback_dwell": "0s",
    "cool_down": "0s",
    "gates": {},
}


class Who(TypedDict):
    """By whom, and why: what each step of a release is told."""

    actor: str
    reason: str


WHO: Who = {"actor": "cli:test", "reason": "to see it happen"}


def plan(**members: object) -> Plan:
    return Plan.from_json(QUICK | members)


def recorded(event: Event, *names: str) -> Any:
    """A member of the JSON that an event tells, or of a member of it."""
    found: Any = event.body
    for name in names:
        found = found[name]
    return found


def steering(pool: asyncpg.Pool) -> Steering:
    return Steering(PostgresReleases(pool), PostgresNodes(pool), uuid4)


async def add_evidence(
    pool: asyncpg.Pool,
    release: UUID,
    epoch: int,
    arm: str,
    *,
    requests: int,
    errors: int = 0,
    route: str = "/api/v1/posts",
    stratum: int = 0,
) -> None:
    await pool.execute(
        """
        INSERT INTO release_evidence AS e
               (release_id, epoch, arm, route, stratum, requests, errors)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (release_id, epoch, arm, route, stratum)
            DO UPDATE SET requests = e.requests + excluded.requests,
                          errors = e.errors + excluded.errors
        """,
        release,
        epoch,
        arm,
        route,
        stratum,
        requests,
        errors,
    )
