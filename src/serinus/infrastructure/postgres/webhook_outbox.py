"""What is to be sent, handed to one sender at a time.

The trigger on `release_events` fills it, in the transaction that the event is about. A sender
claims a webhook, not a delivery: so one at a time goes there, in the order of the record; what
failed waits for its next attempt and lets the others pass. A claim ends by itself.
"""

from uuid import UUID

import asyncpg

from serinus.application.release.delivering import Message, Waiting
from serinus.domain.release.webhook import Outcome, SigningKey, Step
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.announcements import ANNOUNCED, EVENT, announcement_of
from serinus.infrastructure.postgres.failures import translate_errors

#: Told on it: something is to be sent.
CHANNEL = "serinus_webhooks"
CLAIM_LASTS = 12.0  # seconds: more than an attempt may take

OPEN = "d.delivered_at IS NULL AND d.given_up_at IS NULL"

# Both are locked: a sender whose statement began before another one's claim, and which comes to
# the lock after that one has settled, finds the delivery done.
CLAIM = f"""
WITH free AS (
    SELECT w.id FROM webhooks w
      JOIN LATERAL (SELECT min(due_at) AS due_at FROM webhook_deliveries d
                     WHERE d.webhook_id = w.id AND {OPEN}) next ON next.due_at <= now()
     WHERE w.disabled_at IS NULL AND w.claimed_until < now()
     ORDER BY next.due_at LIMIT 1
       FOR NO KEY UPDATE OF w SKIP LOCKED
), next AS (
    SELECT d.id FROM webhook_deliveries d JOIN free ON d.webhook_id = free.id
     WHERE {OPEN} AND d.due_at <= now()
     ORDER BY d.made_at, d.number LIMIT 1
       FOR NO KEY UPDATE OF d SKIP LOCKED
), begun AS (
    UPDATE webhook_deliveries d SET attempts = attempts + 1 FROM next WHERE d.id = next.id
    RETURNING d.*
), claimed AS (
    UPDATE webhooks w
       SET claimed_until = clock_timestamp() + make_interval(secs => $1), claimed_by = begun.id
      FROM begun WHERE w.id = begun.webhook_id
    RETURNING w.*
)
SELECT begun.id AS delivery, begun.made_at, begun.attempts,
       w.id, w.url, w.secret, w.former_secret, w.former_until, now() AS now,
       coalesce(extract(epoch FROM now() - w.failing_since), 0)::float AS failing_for,
       {ANNOUNCED}
  FROM begun JOIN claimed w ON w.id = begun.webhook_id {EVENT}
"""  # noqa: S608 - put together from constants

# `attempts` tells who settles late from who has begun since.
SETTLE = """
WITH settled AS (
    UPDATE webhook_deliveries
       SET status = $3, error = nullif($4, ''), seconds = $5,
           delivered_at = CASE WHEN $6 THEN clock_timestamp() END,
           given_up_at = CASE WHEN NOT $6 AND $7::float IS NULL THEN clock_timestamp() END,
           due_at = CASE WHEN $7::float IS NULL THEN due_at
                         ELSE clock_timestamp() + make_interval(secs => $7) END
     WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL
    RETURNING webhook_id, release_id
)
UPDATE webhooks w
   SET claimed_until = CASE WHEN claimed_by = $1 THEN '-infinity' ELSE claimed_until END,
       failing_since = CASE WHEN $6 THEN NULL
                            WHEN release_id IS NULL THEN failing_since -- somebody tried it
                            ELSE coalesce(failing_since, clock_timestamp()) END,
       disabled_at = CASE WHEN $8 = '' THEN disabled_at
                          ELSE coalesce(disabled_at, clock_timestamp()) END,
       disabled_why = CASE WHEN $8 = '' THEN disabled_why ELSE coalesce(disabled_why, $8) END
  FROM settled WHERE w.id = settled.webhook_id
"""
GIVE_UP = f"""
UPDATE webhook_deliveries d SET given_up_at = clock_timestamp(), error = 'webhook disabled'
 WHERE d.webhook_id = $1 AND {OPEN}
"""  # noqa: S608 - put together from constants
WAITING = f"""
SELECT extract(epoch FROM min(greatest(d.due_at, w.claimed_until)) - now())::float AS next_in,
       extract(epoch FROM now() - min(d.made_at))::float AS oldest
  FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
 WHERE {OPEN} AND w.disabled_at IS NULL AND d.due_at < 'infinity'
"""  # noqa: S608 - put together from constants
FORGET = """
DELETE FROM webhook_deliveries d
 WHERE coalesce(delivered_at, given_up_at, made_at) < now() - interval '30 days'
    OR NOT EXISTS (SELECT FROM webhooks w WHERE w.id = d.webhook_id)
"""


class PostgresOutbox:
    """`lasts`: seconds after which another sender may begin anew."""

    def __init__(self, pool: asyncpg.Pool, seal: Seal, *, lasts: float = CLAIM_LASTS) -> None:
        self._pool, self._seal, self._lasts = pool, seal, lasts

    async def claim(self) -> Message | None:
        with translate_errors():
            row = await self._pool.fetchrow(CLAIM, self._lasts)
        return message_of(row, self._seal) if row else None

    async def waiting(self) -> Waiting:
        with translate_errors():
            row = await self._pool.fetchrow(WAITING)
        assert row is not None  # noqa: S101 - an aggregate gives exactly one row
        return Waiting(row["next_in"], row["oldest"] or 0.0)

    async def settle(self, message: Message, outcome: Outcome, step: Step) -> None:
        with translate_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    SETTLE,
                    message.id,
                    message.attempts,
                    outcome.status,
                    outcome.error,
                    outcome.seconds,
                    step.delivered,
                    step.wait,
                    step.disable,
                )
                if step.disable:
                    await connection.execute(GIVE_UP, message.webhook)

    async def forget(self) -> None:
        """What has been over for a month, and what was for a webhook that is gone."""
        with translate_errors():
            await self._pool.execute(FORGET)


def message_of(row: asyncpg.Record, seal: Seal) -> Message:
    """Of a row with a webhook, a delivery and, unless it is a trial, an event."""
    former_until = row["former_until"]
    sealed = [row["secret"]]
    if former_until is not None and former_until > row["now"]:
        sealed.append(row["former_secret"])
    opened = [seal.open(each, sealed_for(row["id"])) for each in sealed]
    return Message(
        id=row["delivery"],
        webhook=row["id"],
        url=row["url"],
        keys=tuple(SigningKey(each) for each in opened if each is not None),
        announcement=announcement_of(row) if row["release_id"] else None,
        made_at=row["made_at"],
        attempts=row["attempts"],
        failing_for=row["failing_for"],
    )


def sealed_for(webhook_id: UUID) -> bytes:
    """Ties a secret to its row: copied to another one it cannot be opened."""
    return b"webhook\0" + webhook_id.bytes
