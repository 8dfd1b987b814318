"""Steering over HTTP, on connections and limits of its own.

A candidate that uses up the pool, or a client that uses up its limit, is a reason to take a
release back, and must not be what prevents it. Nor must Redis.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import asyncpg

from serinus.application.identity.authentication import Authentication
from serinus.domain.release.assignment import Routing
from serinus.infrastructure.credentials.access_tokens import SignedAccessTokens
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.memory.rate_limits import MemoryRateLimiter
from serinus.infrastructure.postgres.api_keys import PostgresApiKeys
from serinus.infrastructure.postgres.idempotency import PostgresIdempotencyKeys
from serinus.infrastructure.postgres.pool import open_pool
from serinus.infrastructure.postgres.sessions import PostgresSessions
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.admission import Admission
from serinus.presentation.http.asgi import App
from serinus.presentation.http.lifespan import running
from serinus.presentation.http.release.app import Services, build_release
from serinus.presentation.http.release.record import Verifying
from serinus.presentation.http.release.steps import TAKES_BACK
from serinus.presentation.http.release.watching import Watch, looking
from serinus.presentation.http.v2.turned_away import turn_away
from serinus.wiring.clock import now
from serinus.wiring.routing import comparisons, steering

CONNECTIONS = 2


@dataclass(frozen=True, slots=True)
class Steered:
    app: App
    routes: tuple[str, ...]  # the templates of its paths


@asynccontextmanager
async def open_steering(
    settings: Settings, here: Callable[[], Routing]
) -> AsyncIterator[Steered]:
    """`here`: what this worker serves."""
    pool = await open_pool(str(settings.database_url), size=CONNECTIONS)
    services = _services(settings, pool, here)
    try:
        app = build_release(services)
        async with running(cast("App", app)):
            admitted = Admission(
                app=cast("App", app),
                limiter=MemoryRateLimiter(),
                limit=settings.serinus_rate_limit,
                refuse=turn_away,
                unlimited=TAKES_BACK,
            )
            yield Steered(admitted, tuple(route.path for route in app.routes))
    finally:
        await services.watch.close()
        pool.terminate()


def _services(settings: Settings, pool: asyncpg.Pool, here: Callable[[], Routing]) -> Services:
    secrets = settings.serinus_secret_key
    tokens = SignedAccessTokens(secrets, lifetime=settings.serinus_access_ttl)
    steer = steering(pool, ceiling=settings.api_v2_traffic_percentage)
    return Services(
        authentication=Authentication(
            tokens, PostgresSessions(pool), PostgresApiKeys(pool), now
        ),
        steering=steer,
        comparing=comparisons(pool),
        here=here,
        verifying=Verifying(),
        watch=Watch(looking(steer, here)),
        idempotency_keys=PostgresIdempotencyKeys(pool, Seal(secrets)),
        now=now,
    )
