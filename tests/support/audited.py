"""What the audit log holds, in a form that tests can compare."""

from collections.abc import Iterable

import asyncpg

#: Kind of thing, what was done to it, and the members that are different since. One write may
#: change links of a post in several statements, which are one here.
Written = set[tuple[str, str, frozenset[str]]]


def wrote(kind: str, action: str, *members: str) -> tuple[str, str, frozenset[str]]:
    return kind, action, frozenset(members)


async def entries(pool: asyncpg.Pool, request_id: str | None = None) -> list[asyncpg.Record]:
    """In the order in which they were written; those of one request, if one is given."""
    return await pool.fetch(
        "SELECT * FROM audit_log WHERE $1::text IS NULL OR request_id = $1 ORDER BY at, id",
        request_id,
    )


def written(rows: Iterable[asyncpg.Record]) -> Written:
    return {wrote(row["entity"], row["action"], *row["changes"]) for row in rows}
