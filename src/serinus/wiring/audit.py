"""The audit log from the command line."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import asyncpg

from serinus.application.audit import NEWEST_FIRST, Entry, position, too_many
from serinus.domain.content.listing import MAX_LIMIT, Condition, Listing, Op, Value
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog
from serinus.presentation.cli.audit import Asked
from serinus.presentation.cli.operations import Stopped
from serinus.wiring.keys import account_of


async def entries(pool: asyncpg.Pool, asked: Asked) -> Sequence[Entry]:
    """Raise `AccountNotFound`, `Stopped`."""
    log = PostgresAuditLog(pool)
    user = await account_of(pool, asked.user) if asked.user else None
    listing = Listing(orders=NEWEST_FIRST, conditions=tuple(_conditions(asked, user)))
    if together := too_many(listing):
        options = " and ".join("--" + name.replace("_", "-") for name in together)
        raise Stopped(f"{options} are not taken together", code=2)
    found: list[Entry] = []
    while len(found) < asked.limit:
        page = await log.page(replace(listing, limit=min(MAX_LIMIT, asked.limit - len(found))))
        found += page.items
        if not page.later:
            break
        listing = replace(listing, after=position(found[-1]))
    return found


def _conditions(asked: Asked, user: UUID | None) -> Iterator[Condition]:
    wanted: list[tuple[str, Op, Value | None]] = [
        ("user", Op.EQ, user),
        ("entity", Op.EQ, asked.entity),
        ("entity_id", Op.EQ, asked.entity_id),
        ("action", Op.EQ, asked.action),
        ("via", Op.EQ, asked.via),
        ("at", Op.GTE, asked.since),
        ("at", Op.LT, asked.until),
    ]
    for field, op, value in wanted:
        if value is not None:
            yield Condition(field, op, (value,))
