"""Events of the record as others are told of them, and those that stand in no log yet."""

from collections.abc import Sequence

import asyncpg

from serinus.domain.release.announcement import Announcement
from serinus.infrastructure.postgres.failures import translate_errors

#: Of an event `e`. Its body may be long, and is read here only.
ANNOUNCED = """
e.release_id, e.number, e.at, e.kind, e.actor, e.reason, e.body->'to' AS "to",
e.body->'verdict'->>'sentence' AS verdict, before.body->'to' AS before, r.drill
"""
#: To what has a release and a number, and to what has none.
EVENT = """
LEFT JOIN release_events e USING (release_id, number)
LEFT JOIN release_events before
       ON before.release_id = e.release_id AND before.number = e.number - 1
LEFT JOIN releases r ON r.id = e.release_id
"""

TAKE_UNTOLD = f"""
WITH taken AS (DELETE FROM release_untold RETURNING release_id, number)
SELECT {ANNOUNCED} FROM taken {EVENT} ORDER BY e.at, e.release_id, e.number
"""  # noqa: S608 - put together from constants


async def take_untold(connection: asyncpg.Connection) -> Sequence[Announcement]:
    """Of each event once, whoever recorded it. Raise `Unavailable`."""
    with translate_errors():
        return [announcement_of(row) for row in await connection.fetch(TAKE_UNTOLD)]


def announcement_of(row: asyncpg.Record) -> Announcement:
    return Announcement(
        release=row["release_id"],
        number=row["number"],
        at=row["at"],
        kind=row["kind"],
        actor=row["actor"],
        reason=row["reason"],
        drill=row["drill"] is not None,
        verdict=row["verdict"],
        before=row["before"],
        to=row["to"],
    )
