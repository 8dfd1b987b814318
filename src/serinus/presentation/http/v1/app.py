"""Assembles contract v1 over engine v2 from the use cases it is given."""

from collections.abc import Sequence
from typing import cast

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from serinus.application.acting import Via, acting_as
from serinus.domain.errors import SerinusError
from serinus.presentation.http import asgi
from serinus.presentation.http.origin import guest
from serinus.presentation.http.v1 import (
    accounts,
    admin_posts,
    api_keys,
    condition,
    failures,
    posts,
    search,
    tags,
    users,
)
from serinus.presentation.http.v1.reading import Unreadable
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.signed_in import SignedInOnly
from serinus.presentation.http.v1.strictness import as_the_contract_has_it

#: Of the contract, and answered before any engine is chosen.
BEFORE_THE_ENGINES = ["GET /api/v1/metrics"]
MAX_BODY = 10 * 1024 * 1024  # bytes; the layer in front refuses them first


class V1Application(Litestar):
    """Litestar, where its own manners are not those of the contract."""

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        # To us a scope is any mapping; the framework has a type for each kind.
        asked, answering = as_the_contract_has_it(
            cast("asgi.Scope", scope), cast("asgi.Send", send)
        )
        with acting_as(guest(asked, Via.V1)):
            await super().__call__(cast("Scope", asked), receive, cast("Send", answering))


def build_v1(services: V1Services) -> V1Application:
    signed_in = SignedInOnly(services.authentication)
    with_session = SignedInOnly(services.authentication, takes_keys=False)
    served: list[str] = []
    app = V1Application(
        route_handlers=[
            Router(
                "/api/v1",
                route_handlers=[
                    condition.router(),
                    *accounts.routers(with_session),
                    api_keys.router(with_session),
                    posts.router(signed_in),
                    tags.router(signed_in),
                    *search.routers(signed_in),
                    users.router(signed_in),
                    admin_posts.router(signed_in),
                ],
            )
        ],
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "endpoints": Provide(lambda: served, sync_to_thread=False),
        },
        exception_handlers={
            SerinusError: failures.expected,
            Unreadable: failures.unreadable,
            HTTPException: failures.refused,
            Exception: failures.unexpected,
        },
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
    )
    served += sorted([*endpoints(app.routes), *BEFORE_THE_ENGINES])
    return app


def endpoints(routes: Sequence[object]) -> list[str]:
    """`METHOD /path` of every operation, sorted."""
    return sorted(
        f"{method} {route.path_format}"
        for route in routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    )
