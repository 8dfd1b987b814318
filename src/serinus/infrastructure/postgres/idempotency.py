"""Answers behind idempotency keys in PostgreSQL, sealed."""

from datetime import datetime

import asyncpg

from serinus.application.identity.idempotency import (
    ABANDONED,
    KEPT,
    Answer,
    Claimed,
    IdempotencyKey,
    InProgress,
    Mismatch,
)
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.failures import translate_errors

PURGED_AT_ONCE = 20  # rows


class PostgresIdempotencyKeys:
    def __init__(self, pool: asyncpg.Pool, seal: Seal) -> None:
        self._pool = pool
        self._seal = seal

    async def claim(
        self, key: IdempotencyKey, request: bytes, *, at: datetime
    ) -> Claimed | Answer | InProgress | Mismatch:
        digests = self._seal.digests(request)
        with translate_errors():
            row = await self._pool.fetchrow(
                CLAIM,
                key.principal,
                key.value,
                digests[0],
                at,
                at - KEPT,
                at - ABANDONED,
                PURGED_AT_ONCE,
            )
        assert row is not None  # noqa: S101 - the statement gives exactly one row
        if row["claimed"]:
            return Claimed(at)
        if row["request_hash"] is None:
            # Another claim was committed after our statement had begun.
            return InProgress()
        if row["request_hash"] not in digests:
            return Mismatch()
        return self._answer(key, row)

    async def settle(self, key: IdempotencyKey, claimed: Claimed, answer: Answer) -> None:
        with translate_errors():
            await self._pool.execute(
                """
                UPDATE idempotency_keys SET status = $4, headers = $5, body = $6
                 WHERE principal = $1 AND key = $2 AND created_at = $3 AND status IS NULL
                """,
                key.principal,
                key.value,
                claimed.at,
                answer.status,
                dict(answer.headers),
                self._seal.close_up(answer.body, _context(key)),
            )

    async def release(self, key: IdempotencyKey, claimed: Claimed) -> None:
        with translate_errors():
            await self._pool.execute(
                """
                DELETE FROM idempotency_keys
                 WHERE principal = $1 AND key = $2 AND created_at = $3 AND status IS NULL
                """,
                key.principal,
                key.value,
                claimed.at,
            )

    def _answer(self, key: IdempotencyKey, row: asyncpg.Record) -> Answer | InProgress:
        if row["status"] is None:
            return InProgress()
        body = self._seal.open(row["body"], _context(key))
        if body is None:
            # Sealed with a key that was retired since: as good as an answer never given.
            return InProgress()
        return Answer(row["status"], row["headers"], body)


# A key is claimed by inserting its row, or by taking over one that is expired or abandoned;
# PostgreSQL lets exactly one of several do either. The row is only read when that failed.
# A few expired rows of others go along, so that nobody has to sweep.
CLAIM = """
WITH claimed AS (
    INSERT INTO idempotency_keys AS k (principal, key, request_hash, created_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (principal, key) DO UPDATE
       SET request_hash = EXCLUDED.request_hash, created_at = EXCLUDED.created_at,
           status = NULL, headers = NULL, body = NULL
     WHERE k.created_at < $5 OR (k.status IS NULL AND k.created_at < $6)
    RETURNING true AS claimed
), purged AS (
    DELETE FROM idempotency_keys
     WHERE (principal, key) IN (
        SELECT principal, key FROM idempotency_keys
         WHERE created_at < $5 AND (principal, key) <> ($1, $2)
         ORDER BY created_at LIMIT $7
           FOR UPDATE SKIP LOCKED)
)
SELECT claimed.claimed, k.request_hash, k.status, k.headers, k.body
  FROM (VALUES (true)) AS one (row)
  LEFT JOIN claimed ON true
  LEFT JOIN idempotency_keys k
    ON claimed.claimed IS NULL AND k.principal = $1 AND k.key = $2 AND k.created_at >= $5
"""


def _context(key: IdempotencyKey) -> bytes:
    """Ties an answer to its row: copied to another one it cannot be opened."""
    return f"{key.principal}\0{key.value}".encode()
