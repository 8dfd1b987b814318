"""Settings -> stores -> use cases -> the ASGI application."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from serinus.infrastructure.logs import configure_logs
from serinus.infrastructure.postgres.routing import PostgresRoutings
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.admission import Admission, Refuse
from serinus.presentation.http.asgi import App
from serinus.presentation.http.deprecation import Deprecation
from serinus.presentation.http.front import Front
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.lifespan import Deferred, running
from serinus.presentation.http.request_context import RequestContext
from serinus.presentation.http.v1 import turned_away as v1_turned_away
from serinus.presentation.http.v2 import turned_away as v2_turned_away
from serinus.wiring import database
from serinus.wiring.clock import new_id, now
from serinus.wiring.engine_v1 import engine_v1
from serinus.wiring.engine_v2 import EngineV2, open_engine_v2
from serinus.wiring.routing import boot
from serinus.wiring.serving import die_with_parent
from serinus.wiring.stores import Stores, open_stores

#: What a browser's script may read of an answer, beside its body.
EXPOSED = ["ETag", "Link", "Location", "RateLimit", "Retry-After", "Serinus-Engine"]
COMPRESSED_FROM = 1024  # bytes


def application() -> App:
    """For servers that load a factory: Granian, uvicorn. Reads the environment."""
    die_with_parent()
    settings = Settings.from_env(os.environ)
    configure_logs(settings.serinus_log_level, settings.serinus_log_format)
    return Deferred(lambda: _from_environment(settings))


@asynccontextmanager
async def _from_environment(settings: Settings) -> AsyncIterator[App]:
    # Under `serinus serve` the address is given. Under another server this joins the
    # embedded one, or starts it, which takes seconds.
    opening = database.opened(settings)
    _, completed = await asyncio.to_thread(opening.__enter__)
    try:
        async with opened(completed) as app:
            yield app
    finally:
        opening.__exit__(None, None, None)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """The whole application. Raise `DatabaseUnreachable`, or `Unavailable` on an old schema."""
    async with AsyncExitStack() as stack:
        stores = await open_stores(settings, stack)
        routing = await PostgresRoutings(stores.pool).enter(boot(settings), at=now())
        in_force = InForce(routing)
        engine = await stack.enter_async_context(open_engine_v2(settings, stores))
        stable = engine_v1(settings, stores) if settings.use_legacy_api_v1 else None
        for app in filter(None, (stable, engine.v1, engine.v2)):
            await stack.enter_async_context(running(app))
        yield _edge(settings, _front(settings, stores, engine, stable, in_force))


def _front(
    settings: Settings,
    stores: Stores,
    engine: EngineV2,
    stable: App | None,
    in_force: InForce,
) -> Front:
    def admitted(app: App, refuse: Refuse) -> Admission:
        limit = settings.serinus_rate_limit
        return Admission(app=app, limiter=stores.limiter, limit=limit, refuse=refuse)

    switch = GenerationSwitch(
        stable=admitted(stable, v1_turned_away.turn_away) if stable else None,
        candidate=admitted(engine.v1, v1_turned_away.turn_away),
        in_force=in_force,
        may_override=engine.may_override,
        canary_key=settings.serinus_canary_key,
    )
    return Front(
        v1=Deprecation(
            switch, settings.serinus_v1_deprecated_at, settings.serinus_v1_sunset_at
        ),
        v2=admitted(engine.v2, v2_turned_away.turn_away),
        v2_disabled=None if settings.api_v2_enabled else v2_turned_away.disabled,
        in_force=in_force,
    )


def _edge(settings: Settings, front: Front) -> App:
    """Compression, CORS and the request's context, from the inside out."""
    app = cast("App", GZipMiddleware(cast("App", front), minimum_size=COMPRESSED_FROM))
    if settings.serinus_cors_origins:
        app = cast(
            "App",
            CORSMiddleware(
                app,
                allow_origins=settings.serinus_cors_origins,
                allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["*"],
                expose_headers=[*EXPOSED, "X-Request-ID", "Serinus-Epoch"],
            ),
        )
    return RequestContext(app, new_id, settings.serinus_trusted_proxies)
