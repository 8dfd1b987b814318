"""/api/v1 and /api/v1/health: what is served here, and whether it works."""

import asyncio
import logging
from datetime import UTC, datetime
from time import monotonic
from typing import Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from serinus.legacy.database import DatabaseAway
from serinus.legacy.envelope import Envelope, unavailable
from serinus.legacy.resources import Resources, Shared
from serinus.legacy.schemas import Time

logger = logging.getLogger(__name__)

CHECK_TIMEOUT = 3.0  # seconds

State = Literal["up", "down", "disabled"]

# Of the contract, and answered before any engine is chosen.
BEFORE_THE_ENGINES = ["GET /api/v1/metrics"]

router = APIRouter(prefix="/api/v1")


class Info(BaseModel):
    version: str
    endpoints: list[str]
    documentation: str
    status: str


class Services(BaseModel):
    database: State
    cache: State
    search: State
    auth: State


class System(BaseModel):
    version: str
    uptime_seconds: int


class Health(BaseModel):
    status: Literal["healthy", "degraded"]
    timestamp: Time
    services: Services
    system: System


class Probe(BaseModel):
    status: Literal["alive", "ready"]


@router.get("")
@router.get("/info")
async def info(request: Request) -> Info:
    return Info(
        version="1.0",
        endpoints=_operations(request.app),
        documentation="/api/docs",
        status="operational",
    )


@router.get("/health")
async def health(shared: Shared) -> Envelope[Health]:
    database = await _database_state(shared)
    cache = await _cache_state(shared)
    report = Health(
        status="degraded" if "down" in {database, cache} else "healthy",
        timestamp=datetime.now(UTC),
        # Search and sign-in live in the database: they go where it goes.
        services=Services(database=database, cache=cache, search=database, auth=database),
        system=System(
            version=shared.configuration.version,
            uptime_seconds=int(monotonic() - shared.started),
        ),
    )
    if database == "down":
        raise unavailable(report)
    return Envelope(data=report)


@router.get("/health/liveness")
async def liveness() -> Envelope[Probe]:
    return Envelope(data=Probe(status="alive"))


@router.get("/health/readiness")
async def readiness(shared: Shared) -> Envelope[Probe]:
    if await _database_state(shared) == "down":
        raise unavailable()
    return Envelope(data=Probe(status="ready"))


async def _database_state(shared: Resources) -> State:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT), shared.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, DatabaseAway, OSError):
        return "down"
    return "up"


async def _cache_state(shared: Resources) -> State:
    if shared.configuration.cache_check is None:
        return "disabled"
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            answers = await shared.configuration.cache_check()
    except Exception:
        # Whatever is wrong with the cache, the rest of the report is still worth having.
        logger.warning("the cache could not be checked", exc_info=True)
        return "down"
    if answers is None:
        return "disabled"
    return "up" if answers else "down"


def _operations(app: FastAPI) -> list[str]:
    served = [
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    ]
    return sorted([*served, *BEFORE_THE_ENGINES])
