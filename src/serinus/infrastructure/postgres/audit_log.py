"""The audit log in PostgreSQL: reading it. Triggers write it, see migration 0006."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import asyncpg

from serinus.application import acting
from serinus.application.audit import AuditUser, Entry
from serinus.domain.content.listing import Condition, Count, Counting, Listing, Page
from serinus.infrastructure.postgres.counting import counted
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.keyset import (
    Arguments,
    Column,
    beyond,
    compare,
    order_by,
)

SORTED: Mapping[str, Column] = {"at": Column("p.at", "timestamptz")}
FILTERED = {
    "user": ("p.user_id", "uuid"),
    "entity": ("p.entity", "text"),
    "entity_id": ("p.entity_id", "uuid"),
    "action": ("p.action", "text"),
    "via": ("p.via", "text"),
    "at": ("p.at", "timestamptz"),
}

PRUNE = "SELECT prune_audit_log($1) WHERE (SELECT acting($2))"
PRUNING = 3600.0  # seconds that it may take


class PostgresAuditLog:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(self, listing: Listing) -> Page[Entry]:
        arguments = Arguments()
        sql = _page_sql(listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        count = None
        if listing.counting is not None:
            total = rows[0]["total"]
            count = Count(total, exact=listing.counting is Counting.EXACT)
        return Page.cut([_entry(row) for row in rows if row["id"] is not None], listing, count)

    async def prune(self, before: datetime) -> int:
        """Remove what is older, and say so in the log. Give the number of entries removed."""
        with translate_errors():
            pruned: int = await self._pool.fetchval(
                PRUNE, before, acting.told(), timeout=PRUNING
            )
        return pruned


def _page_sql(listing: Listing, arguments: Arguments) -> str:
    where = " AND ".join(["true", *_conditions(listing.conditions, arguments)])
    start = beyond(listing, SORTED, arguments) or "true"
    order = order_by(listing, SORTED)
    # Cut before names are looked up: of what is shown, and of nothing else.
    page = f"""
        SELECT p.*, u.username
          FROM (SELECT p.* FROM audit_log p WHERE {where} AND {start}
                 ORDER BY {order} LIMIT {arguments.add(listing.limit + 1, "integer")}) p
          LEFT JOIN users u ON u.id = p.user_id
         ORDER BY {order}"""  # noqa: S608 - constants and numbered parameters
    if listing.counting is None:
        return page
    return counted(page, listing.counting, "audit_log p", where)


def _conditions(conditions: tuple[Condition, ...], arguments: Arguments) -> Iterator[str]:
    for condition in conditions:
        column, kind = FILTERED[condition.field]
        yield compare(column, condition.op, condition.values, kind, arguments)


def _entry(row: asyncpg.Record) -> Entry:
    user_id = row["user_id"]
    return Entry(
        id=row["id"],
        at=row["at"],
        action=row["action"],
        entity=row["entity"],
        entity_id=row["entity_id"],
        version=row["version"],
        user=None if user_id is None else AuditUser(user_id, row["username"]),
        api_key_id=row["api_key_id"],
        via=row["via"],
        address=row["address"],
        request_id=row["request_id"],
        changes=row["changes"],
    )
