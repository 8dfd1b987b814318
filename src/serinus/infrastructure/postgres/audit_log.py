"""The audit log in PostgreSQL: reading it. Triggers write it, see migration 0006."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import asyncpg

from serinus.application import acting
from serinus.application.audit import AuditUser, Entry
from serinus.domain.content.listing import Condition, Count, Counting, Listing, Page
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

#: Up to so many are counted one by one; beyond, their number is estimated.
COUNTED = {Counting.EXACT: 100_000, Counting.ESTIMATED: 10_000}
SAMPLE = 300  # pages of the table that are looked at for an estimate

PRUNE = "SELECT prune_audit_log($1) WHERE (SELECT acting($2))"
PRUNING = 3600.0  # seconds that it may take


class PostgresAuditLog:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(self, listing: Listing) -> Page[Entry]:
        arguments = Arguments()
        sql = page_sql(listing, arguments)
        with translate_errors():
            rows = await self._pool.fetch(sql, *arguments.values)
        count = None
        if listing.counting is not None:
            total = rows[0]["total"]
            count = Count(total, exact=total <= COUNTED[listing.counting])
        return Page.cut([_entry(row) for row in rows if row["id"] is not None], listing, count)

    async def prune(self, before: datetime) -> int:
        """Remove what is older, and say so in the log. Give the number of entries removed."""
        with translate_errors():
            pruned: int = await self._pool.fetchval(
                PRUNE, before, acting.told(), timeout=PRUNING
            )
        return pruned


def page_sql(listing: Listing, arguments: Arguments) -> str:
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
    total = _total(listing.counting, where)
    return f"SELECT * FROM ({total}) total LEFT JOIN LATERAL ({page}) page ON true"  # noqa: S608 - likewise


def _total(counting: Counting, where: str) -> str:
    most = COUNTED[counting]
    share = f"""(SELECT least(100, 100.0 * {SAMPLE} / greatest(relpages, 1))::real
                   FROM pg_class WHERE oid = 'audit_log'::regclass)"""  # noqa: S608 - a constant
    return f"""
        SELECT CASE WHEN counted.n <= {most} THEN counted.n
                    ELSE greatest({most + 1}, (
                        SELECT (count(*) * 100 / {share})::bigint
                          FROM audit_log p TABLESAMPLE SYSTEM ({share}) WHERE {where}))
               END AS total
          FROM (SELECT count(*) AS n
                  FROM (SELECT FROM audit_log p WHERE {where} LIMIT {most + 1}) found) counted
    """  # noqa: S608 - constants and numbered parameters


def _conditions(conditions: tuple[Condition, ...], arguments: Arguments) -> Iterator[str]:
    by_id = any(condition.field == "entity_id" for condition in conditions)
    for condition in conditions:
        column, kind = FILTERED[condition.field]
        met = compare(column, condition.op, condition.values, kind, arguments)
        # Of one thing there are few entries: not to be looked for among all of its kind.
        yield f"({met}) IS TRUE" if by_id and condition.field == "entity" else met


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
