"""Settings -> stores -> use cases -> the ASGI application."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import serinus
from serinus.application import asked
from serinus.application.release.doubt import Doubt
from serinus.application.release.evidence_counters import EvidenceCounters
from serinus.domain.release.assignment import BUCKETS
from serinus.infrastructure.logs import configure_logs
from serinus.infrastructure.metrics import Load, Metrics, Release
from serinus.infrastructure.postgres import webhook_outbox
from serinus.infrastructure.postgres.release_rows import CHANNEL
from serinus.infrastructure.postgres.routing import PostgresRoutings
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.accounting import AccessLog, RouteCounter
from serinus.presentation.http.admission import Admission, Refuse
from serinus.presentation.http.asgi import App
from serinus.presentation.http.deprecation import Deprecation, Successors
from serinus.presentation.http.evidence import Evidence
from serinus.presentation.http.front import METRICS, Front
from serinus.presentation.http.generation_switch import GenerationSwitch, InForce
from serinus.presentation.http.lifespan import Deferred, running
from serinus.presentation.http.metrics_page import MetricsPage
from serinus.presentation.http.probe import works
from serinus.presentation.http.request_context import Observe
from serinus.presentation.http.rescue import Ceiling, Rescuer
from serinus.presentation.http.route_table import RouteTable
from serinus.presentation.http.v1 import turned_away as v1_turned_away
from serinus.presentation.http.v2 import turned_away as v2_turned_away
from serinus.wiring import database, faults
from serinus.wiring.caching import Caching, open_caching
from serinus.wiring.clock import now
from serinus.wiring.comparing import comparing
from serinus.wiring.couriers import courier
from serinus.wiring.draining import drain_on_sigterm
from serinus.wiring.edge import draining, edge
from serinus.wiring.engine_v1 import EngineV1, engine_v1
from serinus.wiring.engine_v2 import EngineV2, open_engine_v2
from serinus.wiring.evidence import telling
from serinus.wiring.publishing import publishing_on_time
from serinus.wiring.releasing import Part, joined
from serinus.wiring.routing import boot
from serinus.wiring.serving import die_with_parent, settle
from serinus.wiring.steering import Steered, open_steering
from serinus.wiring.stores import Stores, open_stores

#: Of failed reads, in a second and worker: more would be a load that stable is not used to.
RESCUES = 200


def application() -> App:
    """For servers that load a factory: Granian, uvicorn. Reads the environment."""
    die_with_parent()
    settings = Settings.from_env(os.environ)
    configure_logs(settings.serinus_log_level, settings.serinus_log_format)
    return Deferred(lambda: _from_environment(settings))


@asynccontextmanager
async def _from_environment(settings: Settings) -> AsyncIterator[App]:
    faults.warn(settings)
    # Under `serinus serve` the address is given. Under another server this joins the
    # embedded one, or starts it, which takes seconds.
    opening = database.opened(settings)
    _, completed = await asyncio.to_thread(opening.__enter__)
    try:
        async with opened(completed) as app:
            settle()
            yield app
    finally:
        opening.__exit__(None, None, None)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """The whole application. Raise `DatabaseUnreachable`, or `Unavailable` on an old schema."""
    async with AsyncExitStack() as stack:
        metrics = Metrics(serinus.__version__)
        stores = await open_stores(settings, stack, asked.noting(metrics.asked_database("v2")))
        routing = await PostgresRoutings(stores.pool).enter(boot(settings), at=now())
        in_force = InForce(routing)
        part = await stack.enter_async_context(joined(settings, stores.pool, in_force.put))
        engines = await _engines(settings, stores, metrics, part, in_force, stack)
        webhooks = courier(settings, stores.pool, lambda: part.node.workers)
        heeding = {CHANNEL: part.told, webhook_outbox.CHANNEL: webhooks.told}
        caching = await stack.enter_async_context(open_caching(settings, stores.pool, heeding))
        caching.counted(metrics)
        part.counted(metrics)
        webhooks.counted(metrics)
        front = draining(_front(settings, stores, engines, metrics, in_force, caching))
        drain_on_sigterm(settings.serinus_drain_seconds, front.begin)
        counters = EvidenceCounters()
        observers = _observers(settings, engines, metrics)
        observers.append(_evidence(settings, counters, part, engines))
        app = edge(settings, front, observers)
        metrics.watch(
            _loads(stores, engines), lambda: _release(in_force), lambda: app.in_flight
        )
        publishing = await stack.enter_async_context(publishing_on_time(settings))
        told = await stack.enter_async_context(telling(counters, stores.pool, part))
        await stack.enter_async_context(
            _background(
                publishing,
                part.take(),
                told.go_on(),
                webhooks.go_on(),
                metrics.keep_fresh(),
                *_calibrating(engines),
            )
        )
        yield app


def _stable(settings: Settings, stores: Stores, metrics: Metrics) -> EngineV1:
    return faults.faulty_stable(settings, engine_v1(settings, stores, metrics))


@dataclass(frozen=True, slots=True)
class Engines:
    v1: EngineV1 | None
    v2: EngineV2
    steered: Steered
    routes: RouteTable
    stable: App | None  # engine v1, whose answers are compared
    doubt: Doubt


async def _engines(
    settings: Settings,
    stores: Stores,
    metrics: Metrics,
    part: Part,
    in_force: InForce,
    stack: AsyncExitStack,
) -> Engines:
    """All that answers, and runs until the stack is left."""
    waited = metrics.waited_for_passwords("v2")
    v2 = await stack.enter_async_context(open_engine_v2(settings, stores, waited))
    v1 = _stable(settings, stores, metrics) if settings.use_legacy_api_v1 else None
    for app in ([v1.app] if v1 else []) + [v2.v1, v2.v2]:
        await stack.enter_async_context(running(app))
    steered = await stack.enter_async_context(open_steering(settings, lambda: in_force.routing))
    routes = RouteTable([*v2.routes, *steered.routes, *METRICS])
    doubt = Doubt()
    opening = comparing(settings, stores, part, (v1, v2), candidate_of(settings), doubt)
    stable = await stack.enter_async_context(opening)
    return Engines(v1, v2, steered, routes, stable, doubt)


def candidate_of(settings: Settings) -> Callable[[App], App]:
    """What is on trial: for clients, and once more for comparing."""
    return partial(faults.faulty_candidate, settings)


def _front(
    settings: Settings,
    stores: Stores,
    engines: Engines,
    metrics: Metrics,
    in_force: InForce,
    caching: Caching,
) -> App:
    v1, v2, stable = engines.v1, engines.v2, engines.stable

    def admitted(app: App, refuse: Refuse) -> Admission:
        limit = settings.serinus_rate_limit
        return Admission(app=app, limiter=stores.limiter, limit=limit, refuse=refuse)

    page = _metrics_page(settings, metrics, v2)
    front = Front(
        v1=GenerationSwitch(
            stable=admitted(stable, v1_turned_away.turn_away) if stable else None,
            candidate=admitted(candidate_of(settings)(v2.v1), v1_turned_away.turn_away),
            in_force=in_force,
            may_override=v2.authentication.may_override,
            canary_key=settings.serinus_canary_key,
            routes=engines.routes,
            rescuer=_rescuer(settings, v1.app) if v1 else None,
            begin=asked.begin,
        ),
        v2=admitted(caching.before(v2.v2), v2_turned_away.turn_away),
        v2_disabled=None if settings.api_v2_enabled else v2_turned_away.disabled,
        metrics=admitted(page, v1_turned_away.turn_away),
        release=engines.steered.app,
        in_force=in_force,
    )
    return Deprecation(
        app=front,
        deprecated_at=settings.serinus_v1_deprecated_at,
        sunset_at=settings.serinus_v1_sunset_at,
        successors=Successors(
            lambda path: settings.api_v2_enabled and engines.routes.find(path) is not None
        ),
    )


def _rescuer(settings: Settings, stable: App) -> Rescuer | None:
    """`stable` without the limits of clients: each request has been counted once."""
    patience = settings.serinus_rescue_ms / 1000
    return Rescuer(stable, patience, Ceiling(RESCUES)) if patience else None


def _evidence(
    settings: Settings, counters: EvidenceCounters, part: Part, engines: Engines
) -> Evidence:
    node, v1 = part.node, engines.v1
    probe = (lambda: works(v1.app)) if v1 else None
    patience = settings.serinus_rescue_ms / 1000
    return Evidence(counters, lambda: node.workers, node.trip, probe, engines.doubt, patience)


def _metrics_page(settings: Settings, metrics: Metrics, v2: EngineV2) -> MetricsPage:
    return MetricsPage(
        text=metrics.text,
        authentication=v2.authentication,
        scope=settings.serinus_metrics_scope,
        refuse=v1_turned_away.refuse,
        wrong_method=v1_turned_away.only_read,
    )


def _observers(settings: Settings, engines: Engines, metrics: Metrics) -> list[Observe]:
    observers: list[Observe] = [RouteCounter(engines.routes, metrics.count)]
    if settings.serinus_access_log:
        observers.append(AccessLog())
    return observers


def _loads(stores: Stores, engines: Engines) -> dict[str, Callable[[], Load]]:
    def v2() -> Load:
        pool = stores.pool
        return Load(
            pool_limit=pool.get_max_size(),
            pool_size=pool.get_size(),
            pool_used=pool.get_size() - pool.get_idle_size(),
            pool_waiting=pool.waiting,
            passwords_waiting=engines.v2.passwords.waiting,
        )

    return {"v2": v2} | ({"v1": engines.v1.load} if engines.v1 else {})


def _release(in_force: InForce) -> Release:
    routing = in_force.routing
    return Release(routing.epoch, routing.share.basis_points / BUCKETS)


def _calibrating(engines: Engines) -> list[Awaitable[None]]:
    v1 = [engines.v1.calibrate()] if engines.v1 else []
    return [engines.v2.passwords.calibrate(), *v1]


@asynccontextmanager
async def _background(*work: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
