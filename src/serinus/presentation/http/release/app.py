"""Puts the steering of releases together from what it is given.

An application of its own beside contract v2, whose ways it shares: it answers whichever of the
contracts is served, and nothing that ordinary requests use up, connections or limits, can be
missing when somebody has to take a release back.
"""

from dataclasses import dataclass
from typing import Any, cast

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.middleware import DefineMiddleware

from serinus.application.identity.authentication import Authentication
from serinus.application.identity.idempotency import IdempotencyKeys
from serinus.application.identity.ports import Clock
from serinus.application.release.comparing import Comparing
from serinus.application.release.steering import Steering
from serinus.presentation.http.asgi import App
from serinus.presentation.http.release import (
    comparisons,
    consumers,
    looking,
    record,
    steps,
    watching,
)
from serinus.presentation.http.release.asking import BASE, Here
from serinus.presentation.http.release.record import Verifying
from serinus.presentation.http.release.watching import Watch
from serinus.presentation.http.v2 import app as contract_v2
from serinus.presentation.http.v2 import authentication, openapi, problems
from serinus.presentation.http.v2.bodies import MAX_BODY, StrictRequest
from serinus.presentation.http.v2.idempotency import Idempotent
from serinus.presentation.http.v2.strict_paths import StrictPaths

# One router: of two at one path Litestar would refuse the second.
ROUTER = Router(
    BASE,
    route_handlers=[
        *looking.HANDLERS,
        *steps.HANDLERS,
        *consumers.HANDLERS,
        *record.HANDLERS,
        *comparisons.HANDLERS,
        *watching.HANDLERS,
    ],
    tags=["release"],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the handlers ask for, each under the name of its field."""

    authentication: Authentication
    steering: Steering
    comparing: Comparing
    here: Here
    verifying: Verifying
    watch: Watch
    idempotency_keys: IdempotencyKeys
    now: Clock


def build_release(services: Services) -> Litestar:
    app = Litestar(
        route_handlers=[ROUTER],
        dependencies=_dependencies(services),
        middleware=[
            DefineMiddleware(authentication.SignedIn, authentication=services.authentication),
            DefineMiddleware(Idempotent, keys=services.idempotency_keys, now=services.now),
        ],
        exception_handlers=problems.HANDLERS,
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
    )
    routed = StrictPaths(cast("App", app.asgi_handler), problems.nothing_here)
    app.asgi_handler = cast("Any", consumers.keys_in_one_piece(routed))
    return app


def contract() -> dict[str, Any]:
    """Contract v2 and this as one OpenAPI 3.1 document: they share their problems."""
    return openapi.contract(
        (*contract_v2.ROUTERS, ROUTER), contract_v2.dependencies(None) | _dependencies(None)
    )


def _dependencies(services: Services | None) -> dict[str, Provide]:
    return authentication.DEPENDENCIES | {
        name: contract_v2.giving(getattr(services, name, None))
        for name in Services.__dataclass_fields__
    }
