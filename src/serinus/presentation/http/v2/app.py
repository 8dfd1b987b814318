"""Puts contract v2 together from use cases it is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.middleware import DefineMiddleware

from serinus.application.identity.authentication import Authentication
from serinus.application.identity.idempotency import IdempotencyKeys
from serinus.application.identity.ports import Clock
from serinus.presentation.http.asgi import App
from serinus.presentation.http.v2 import authentication, problems
from serinus.presentation.http.v2.bodies import StrictRequest
from serinus.presentation.http.v2.idempotency import Idempotent
from serinus.presentation.http.v2.strict_paths import StrictPaths

ROUTERS: Sequence[Router] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the handlers ask for, each under the name of its field."""

    authentication: Authentication
    idempotency_keys: IdempotencyKeys
    now: Clock


def build_v2(services: Services) -> Litestar:
    app = Litestar(
        route_handlers=ROUTERS,
        dependencies=authentication.DEPENDENCIES | _dependencies(services),
        middleware=[
            DefineMiddleware(authentication.SignedIn, authentication=services.authentication),
            DefineMiddleware(Idempotent, keys=services.idempotency_keys, now=services.now),
        ],
        exception_handlers=problems.HANDLERS,
        request_class=StrictRequest,
        request_max_body_size=None,  # the layer in front bounds bodies, for both contracts
        openapi_config=None,  # the documentation is served by `documentation`
        logging_config=None,
    )
    routed = cast("App", app.asgi_handler)
    app.asgi_handler = cast("Any", StrictPaths(routed, problems.nothing_here))
    return app


def _dependencies(services: Services) -> dict[str, Provide]:
    """Handlers ask by name: `sign_in: NamedDependency[SignIn]`."""
    return {
        name: Provide(_giving(getattr(services, name)), sync_to_thread=False)
        for name in Services.__dataclass_fields__
    }


def _giving(value: Any) -> Any:  # noqa: ANN401 - whatever the service is
    return lambda: value
