"""Health, for load balancers and orchestrators; under /api/v2 and at the root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from litestar import Router, get
from litestar.di import NamedDependency
from msgspec import Struct

from serinus.application.identity.ports import Clock
from serinus.domain.errors import Unavailable
from serinus.presentation.http.v2.authentication import OPEN
from serinus.presentation.http.v2.describing import refuses


@dataclass(frozen=True, slots=True)
class Readiness:
    """`check` raises `Unavailable` while this process cannot do its work."""

    check: Callable[[], Awaitable[None]]
    now: Clock


class Alive(Struct, frozen=True):
    status: str


class Healthy(Struct, frozen=True):
    status: str
    timestamp: datetime


@get(["/healthz", "/api/v2/healthz"], opt=OPEN)
async def healthz() -> Alive:
    """The process answers. Says nothing about what it depends on: restarting it mends none."""
    return Alive("alive")


@get(["/readyz", "/api/v2/readyz"], opt=OPEN | refuses(Unavailable))
async def readyz(readiness: NamedDependency[Readiness]) -> Alive:
    """The process and what it cannot do without: send it traffic."""
    await readiness.check()
    return Alive("ready")


@get("/health", opt=OPEN)
async def health(readiness: NamedDependency[Readiness]) -> Healthy:
    """The process answers; the form that older load balancers were set up with."""
    return Healthy("healthy", readiness.now())


router = Router(
    "/",
    route_handlers=[healthz, readyz, health],
    response_headers={"Cache-Control": "no-store"},
    tags=["health"],
)
