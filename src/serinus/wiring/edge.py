"""What stands before both engines, from the inside out."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import cast

import uuid_utils
from starlette.middleware.cors import CORSMiddleware

from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App, Scope, Send
from serinus.presentation.http.compression import Compression
from serinus.presentation.http.draining import Draining
from serinus.presentation.http.request_context import Observe, RequestContext
from serinus.presentation.http.v1 import turned_away as v1_turned_away
from serinus.presentation.http.v2 import turned_away as v2_turned_away

#: What a browser's script may read of an answer, beside its body.
EXPOSED = [
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "Retry-After",
    "Serinus-Engine",
    "Serinus-Rescued",
]


def edge(settings: Settings, front: App, observers: Sequence[Observe]) -> RequestContext:
    """Compression, CORS and the request's context."""
    app: App = Compression(front)
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
    return RequestContext(app, _request_id, settings.serinus_trusted_proxies, observers)


def draining(front: App) -> Draining:
    """Says in the form of each contract that no more traffic is wanted."""
    return Draining(
        app=front,
        not_ready={
            "/readyz": v2_turned_away.not_ready,
            "/api/v2/readyz": v2_turned_away.not_ready,
            "/api/v1/health/readiness": _v1_not_ready,
        },
    )


async def _v1_not_ready(scope: Scope, send: Send) -> None:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    await v1_turned_away.turn_away(scope, send, status, v1_turned_away.RETRY_AFTER)


def _request_id() -> str:
    return str(uuid_utils.uuid7())  # eight times as fast as one of the standard library's type
