"""/api/v1, /api/v1/info, /api/v1/health: what this is, and how it is."""

import asyncio
from typing import Literal

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from serinus.presentation.http.v1.envelope import Envelope, Time, failed, ok, time
from serinus.presentation.http.v1.failures import RETRY_AFTER, UNAVAILABLE
from serinus.presentation.http.v1.services import Probe, V1Services

PROBE_TIMEOUT = 2.0  # seconds

State = Literal["up", "down", "disabled"]


class Info(msgspec.Struct, frozen=True):
    version: str
    endpoints: list[str]
    documentation: str
    status: str


class Status(msgspec.Struct, frozen=True):
    status: Literal["alive", "ready"]


class ServiceStates(msgspec.Struct, frozen=True):
    """Search and sign-in live in the database."""

    database: State
    cache: State
    search: State
    auth: State


class System(msgspec.Struct, frozen=True):
    version: str
    uptime_seconds: int


class Health(msgspec.Struct, frozen=True):
    status: Literal["healthy", "degraded"]
    timestamp: Time
    services: ServiceStates
    system: System


@get(["/", "/info"], opt={"bare": True})
async def info(endpoints: NamedDependency[list[str]]) -> Info:
    """What is served here. Bare: without the envelope."""
    return Info("1.0", endpoints, "/api/docs", "operational")


@get("/health", opt={"tells_when_down": True})
async def health(services: NamedDependency[V1Services]) -> Response[Envelope[Health]]:
    """The state of every part. 503 when the database is down."""
    database, cache = await asyncio.gather(_state(services.database), _state(services.cache))
    now = services.now()
    found = Health(
        "degraded" if "down" in {database, cache} else "healthy",
        time(now),
        ServiceStates(database, cache, search=database, auth=database),
        System(services.version, int((now - services.started_at).total_seconds())),
    )
    if database == "down":
        return Response(failed(UNAVAILABLE, data=found), status_code=503, headers=RETRY_AFTER)
    return Response(ok(found))


@get("/health/liveness")
async def liveness() -> Envelope[Status]:
    """The process answers."""
    return ok(Status("alive"))


@get("/health/readiness")
async def readiness(services: NamedDependency[V1Services]) -> Response[Envelope[Status]]:
    """The process can serve: its database answers."""
    if await _state(services.database) == "down":
        return Response(failed(UNAVAILABLE), status_code=503, headers=RETRY_AFTER)
    return Response(ok(Status("ready")))


def router() -> Router:
    return Router("/", route_handlers=[info, health, liveness, readiness])


async def _state(probe: Probe | None) -> State:
    if probe is None:
        return "disabled"
    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            # A probe that has nothing to say has found nothing wrong.
            return "down" if await probe() is False else "up"
    except Exception:  # noqa: BLE001 - whatever goes wrong, the answer is that it is down
        return "down"
