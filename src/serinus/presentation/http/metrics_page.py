"""/metrics and /api/v1/metrics: what this service counts, in the text format of Prometheus."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from serinus.application.identity.authentication import Authentication
from serinus.domain.errors import Forbidden, SerinusError
from serinus.presentation.http.asgi import App, Receive, Scope, Send, answer, header

PATHS = ("/metrics", "/api/v1/metrics")
METHODS = ("GET", "HEAD")
MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

#: Answers a failure in the contract's own form.
Refuse = Callable[[Scope, Send, SerinusError], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsPage:
    """Everybody may read it, or with a `scope` those who hold that."""

    text: Callable[[], Awaitable[bytes]]
    authentication: Authentication
    scope: str | None
    refuse: Refuse
    wrong_method: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            await self.wrong_method(scope, receive, send)
            return
        try:
            await self._admit(scope)
        except SerinusError as error:
            await self.refuse(scope, send, error)
            return
        headers = [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store")]
        body = await self.text()
        await answer(send, 200, headers, body, head=scope["method"] == "HEAD")

    async def _admit(self, scope: Scope) -> None:
        if self.scope is None:
            return
        authorization, key = header(scope, b"authorization"), header(scope, b"x-api-key")
        known = await self.authentication.identify(
            authorization=authorization.decode("latin-1") if authorization else None,
            api_key=None if key is None else key.decode("latin-1"),
        )
        if self.scope not in known.caller.scopes:
            raise Forbidden(f"this needs the scope {self.scope}")


def documented(failed: str) -> dict[str, dict[str, object]]:
    """OpenAPI path items. `failed`: the reference of the contract's failure."""
    return {path: {"get": _operation(path, failed)} for path in PATHS}


def _operation(path: str, failed: str) -> dict[str, object]:
    refusal = {"content": {"application/json": {"schema": {"$ref": failed}}}}
    return {
        "operationId": "metrics_at_root" if path == PATHS[0] else "metrics",
        "tags": ["metrics"],
        "summary": "What this service counts",
        "description": (
            "For Prometheus: the sums of all workers of this server. For everybody, or, with "
            "`SERINUS_METRICS_SCOPE`, to those who hold that scope."
        ),
        "security": [{}, {"bearer": []}, {"apiKey": []}],
        "responses": {
            "200": {
                "description": "Prometheus text.",
                "content": {MEDIA_TYPE.decode(): {"schema": {"type": "string"}}},
            },
            "401": {"description": "Who is asking is not known, and has to be.", **refusal},
            "403": {"description": "The scope is missing.", **refusal},
        },
    }
