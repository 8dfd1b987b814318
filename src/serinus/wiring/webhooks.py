"""What webhooks are added, tried and sent with.

Commands need this, too: nothing of it may import what counts, which looks at its import for
where to.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from time import time
from typing import TypeVar

import asyncpg

from serinus.application.release.delivering import Delivering
from serinus.application.release.webhooks import Telling
from serinus.domain.release.webhook import SigningKey
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.webhook_outbox import PostgresOutbox
from serinus.infrastructure.postgres.webhooks import PostgresWebhooks
from serinus.infrastructure.settings import Settings
from serinus.infrastructure.webhooks.sending import Sender
from serinus.presentation.cli.webhooks import Run
from serinus.wiring.clock import new_id, now
from serinus.wiring.database import Database

T = TypeVar("T")

KEY_BYTES = 32


def delivering(settings: Settings, outbox: PostgresOutbox) -> Delivering:
    sender = Sender(time, private=settings.serinus_webhook_private)
    return Delivering(outbox, sender, random.random)


def telling(settings: Settings, pool: asyncpg.Pool) -> Telling:
    seal = Seal(settings.serinus_secret_key)
    return Telling(
        store=PostgresWebhooks(pool, seal),
        delivering=delivering(settings, PostgresOutbox(pool, seal)),
        new_id=new_id,
        new_key=lambda: SigningKey(secrets.token_bytes(KEY_BYTES)),
        now=now,
        private=settings.serinus_webhook_private,
    )


def running(ready: Callable[[], AbstractContextManager[tuple[Database, Settings]]]) -> Run:
    """What the commands are done with. `ready`: opens what the settings name."""

    def run(work: Callable[[Telling], Awaitable[T]]) -> T:
        async def once(settings: Settings) -> T:
            pool = await open_pool(str(settings.database_url), size=2)
            try:
                return await work(telling(settings, pool))
            finally:
                await pool.close()

        with ready() as (_, settings):
            return asyncio.run(once(settings))

    return run
