"""Puts contract v2 together from use cases it is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from litestar import Litestar
from litestar.di import Provide
from litestar.middleware import DefineMiddleware

from serinus.application.content.batching import Batching
from serinus.application.content.categorising import Categorising
from serinus.application.content.discussing import Discussing
from serinus.application.content.editing import Editing
from serinus.application.content.revising import Revising
from serinus.application.content.tagging import Tagging
from serinus.application.identity.api_keys import KeyRing
from serinus.application.identity.authentication import Authentication
from serinus.application.identity.idempotency import IdempotencyKeys
from serinus.application.identity.membership import Membership
from serinus.application.identity.ports import Clock
from serinus.application.identity.profile import Profile
from serinus.application.identity.sign_in import SignIn
from serinus.presentation.http.asgi import App
from serinus.presentation.http.openapi import merged
from serinus.presentation.http.v2 import (
    api_keys,
    audit,
    auth,
    authentication,
    categories,
    comments,
    documentation,
    health,
    openapi,
    posts,
    problem_pages,
    problems,
    search,
    tags,
    users,
    users_me,
)
from serinus.presentation.http.v2.bodies import MAX_BODY, StrictRequest
from serinus.presentation.http.v2.documentation import Documentation
from serinus.presentation.http.v2.health import Readiness
from serinus.presentation.http.v2.idempotency import Idempotent
from serinus.presentation.http.v2.reading import Reading
from serinus.presentation.http.v2.strict_paths import StrictPaths

ROUTERS = (
    auth.router,
    users_me.router,
    users.router,
    api_keys.router,
    posts.router,
    tags.router,
    categories.router,
    audit.router,
    search.router,
    comments.router,
    health.router,
    documentation.router,
    problem_pages.router,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the handlers ask for, each under the name of its field.

    `documentation` comes from `documented`.
    """

    authentication: Authentication
    sign_in: SignIn
    profile: Profile
    membership: Membership
    key_ring: KeyRing
    editing: Editing
    revising: Revising
    batching: Batching
    tagging: Tagging
    categorising: Categorising
    discussing: Discussing
    reading: Reading
    idempotency_keys: IdempotencyKeys
    readiness: Readiness
    documentation: Documentation
    now: Clock


def build_v2(services: Services) -> Litestar:
    app = Litestar(
        route_handlers=ROUTERS,
        dependencies=dependencies(services),
        middleware=[
            DefineMiddleware(authentication.SignedIn, authentication=services.authentication),
            DefineMiddleware(Idempotent, keys=services.idempotency_keys, now=services.now),
        ],
        exception_handlers=problems.HANDLERS,
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY,  # where no layer in front refuses them first
        openapi_config=None,  # `documentation` serves both contracts in one document
        logging_config=None,
    )
    routed = cast("App", app.asgi_handler)
    app.asgi_handler = cast("Any", StrictPaths(routed, problems.nothing_here))
    return app


def documented(
    v1: Callable[[], Mapping[str, Any]], v2: Callable[[], Mapping[str, Any]] | None = None
) -> Documentation:
    """Both contracts. `v1` gives the document of the other one, `v2` that of this one with what
    stands beside it; they are called once, if ever.
    """
    return Documentation(lambda: merged((v2 or contract)(), v1()))


def contract() -> dict[str, Any]:
    """Contract v2 as an OpenAPI 3.1 document."""
    return openapi.contract(ROUTERS, dependencies(None))


def dependencies(services: Services | None) -> dict[str, Provide]:
    """Handlers ask by name: `sign_in: NamedDependency[SignIn]`."""
    return authentication.DEPENDENCIES | {
        name: giving(getattr(services, name, None)) for name in Services.__dataclass_fields__
    }


def giving(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)
