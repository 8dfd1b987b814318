"""Webhooks in PostgreSQL, their secrets sealed, and the log of what was sent to them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from serinus.application.release.delivering import Message
from serinus.domain.release.webhook import (
    Delivery,
    DeliveryNotFound,
    SigningKey,
    Webhook,
    WebhookDisabled,
)
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.webhook_outbox import CHANNEL, message_of, sealed_for

SHOWN = "id, url, kinds, created_at, created_by, failing_since, disabled_at, disabled_why"

LOCK = "SELECT pg_advisory_xact_lock(hashtext('serinus.webhooks'))"

ADD = """
INSERT INTO webhooks (id, url, kinds, secret, created_at, created_by)
SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM webhooks) < $7
RETURNING true
"""
REMOVE = """
WITH gone AS (DELETE FROM webhooks WHERE id = $1 RETURNING id),
     sent AS (DELETE FROM webhook_deliveries WHERE webhook_id = $1)
SELECT true FROM gone
"""
ENABLE = """
UPDATE webhooks SET disabled_at = NULL, disabled_why = NULL, failing_since = NULL
 WHERE id = $1 RETURNING true
"""
ROTATE = """
UPDATE webhooks
   SET secret = $2, former_secret = CASE WHEN $3 > interval '0' THEN secret END,
       former_until = CASE WHEN $3 > interval '0' THEN clock_timestamp() + $3 END
 WHERE id = $1 RETURNING true
"""
# Due never, so that no server takes it: who tries it sends it.
TRIAL = """
WITH begun AS (
    INSERT INTO webhook_deliveries (webhook_id, due_at, attempts)
    SELECT id, 'infinity', 1 FROM webhooks WHERE id = $1
    RETURNING *
)
SELECT begun.id AS delivery, begun.made_at, begun.attempts, w.*, now() AS now,
       NULL::uuid AS release_id, 0::float AS failing_for
  FROM begun JOIN webhooks w ON w.id = begun.webhook_id
"""
DELIVERIES = """
SELECT d.*, e.kind FROM webhook_deliveries d LEFT JOIN release_events e
       USING (release_id, number)
 WHERE NOT $1 OR (d.error IS NOT NULL AND d.delivered_at IS NULL)
 ORDER BY d.made_at DESC, d.number DESC LIMIT $2
"""
REDELIVER = f"""
WITH wanted AS (
    SELECT d.id, w.id IS NOT NULL AND w.disabled_at IS NULL AS open
      FROM webhook_deliveries d LEFT JOIN webhooks w ON w.id = d.webhook_id WHERE d.id = $1
), again AS (
    UPDATE webhook_deliveries d
       SET attempts = 0, due_at = clock_timestamp(), delivered_at = NULL, given_up_at = NULL
      FROM wanted WHERE d.id = wanted.id AND open
)
SELECT open, pg_notify('{CHANNEL}', '') FROM wanted
"""  # noqa: S608 - a constant


class PostgresWebhooks:
    def __init__(self, pool: asyncpg.Pool, seal: Seal) -> None:
        self._pool, self._seal = pool, seal

    async def add(self, webhook: Webhook, key: SigningKey, *, most: int) -> bool:
        with translate_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                # Two that add one at once would not count each other's.
                await connection.execute(LOCK)
                added = await connection.fetchval(
                    ADD,
                    webhook.id,
                    webhook.url,
                    list(webhook.kinds),
                    self._sealed(webhook.id, key),
                    webhook.created_at,
                    webhook.created_by,
                    most,
                )
        return bool(added)

    async def all(self) -> Sequence[Webhook]:
        with translate_errors():
            rows = await self._pool.fetch(
                f"SELECT {SHOWN} FROM webhooks ORDER BY created_at, id"  # noqa: S608 - a constant
            )
        return [Webhook(**{**row, "kinds": tuple(row["kinds"])}) for row in rows]

    async def remove(self, webhook_id: UUID) -> bool:
        return await self._done(REMOVE, webhook_id)

    async def enable(self, webhook_id: UUID) -> bool:
        return await self._done(ENABLE, webhook_id)

    async def rotate(self, webhook_id: UUID, key: SigningKey, *, overlap: timedelta) -> bool:
        return await self._done(ROTATE, webhook_id, self._sealed(webhook_id, key), overlap)

    async def trial(self, webhook_id: UUID) -> Message | None:
        with translate_errors():
            row = await self._pool.fetchrow(TRIAL, webhook_id)
        return message_of(row, self._seal) if row else None

    async def deliveries(self, *, failed: bool, limit: int) -> Sequence[Delivery]:
        with translate_errors():
            rows = await self._pool.fetch(DELIVERIES, failed, limit)
        return [_delivery(row) for row in rows]

    async def redeliver(self, delivery_id: UUID) -> None:
        with translate_errors():
            row = await self._pool.fetchrow(REDELIVER, delivery_id)
        if row is None:
            raise DeliveryNotFound(f"there is no delivery {delivery_id}")
        if not row["open"]:
            raise WebhookDisabled("its webhook is disabled: enable it first")

    async def _done(self, statement: str, *arguments: object) -> bool:
        with translate_errors():
            return bool(await self._pool.fetchval(statement, *arguments))

    def _sealed(self, webhook_id: UUID, key: SigningKey) -> bytes:
        return self._seal.close_up(key.octets, sealed_for(webhook_id))


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(
        id=row["id"],
        webhook=row["webhook_id"],
        release=row["release_id"],
        number=row["number"],
        kind=row["kind"],
        made_at=row["made_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        status=row["status"],
        error=row["error"],
        seconds=row["seconds"],
        delivered_at=row["delivered_at"],
        given_up_at=row["given_up_at"],
    )
