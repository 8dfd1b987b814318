"""/api/docs: both contracts for people, and as OpenAPI documents for programs."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from serinus.presentation.http.openapi_3_0 import as_3_0
from serinus.presentation.http.v2.authentication import OPEN
from serinus.presentation.http.v2.conditional import not_modified, unchanged
from serinus.presentation.http.v2.refusals import PathNotFound

AnyRequest = Request[Any, Any, Any]

# Swagger UI draws with inline styles and data: images. Scripts come from here alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
PAGES = Path(__file__).with_name("pages")
OURS = {"page.css": "text/css", "start.js": "text/javascript"}
SWAGGER_UI = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


@dataclass(frozen=True)
class Documentation:
    """Made when first asked for: most processes never are."""

    document: Callable[[], Mapping[str, Any]]

    @cached_property
    def published(self) -> bytes:
        return msgspec.json.encode(self.document())

    @cached_property
    def as_3_0(self) -> bytes:
        return msgspec.json.encode(as_3_0(msgspec.json.decode(self.published)))


@get("/", opt=OPEN, sync_to_thread=False)
def show_documentation() -> Response[bytes]:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return Response((PAGES / "docs.html").read_bytes(), headers=headers, media_type="text/html")


@get("/openapi.json", opt=OPEN, sync_to_thread=True)
def show_document(
    request: AnyRequest, documentation: NamedDependency[Documentation]
) -> Response[Any]:
    return _file(request, documentation.published, "application/json")


@get("/openapi-3.0.json", opt=OPEN, sync_to_thread=True)
def show_document_3_0(
    request: AnyRequest, documentation: NamedDependency[Documentation]
) -> Response[Any]:
    return _file(request, documentation.as_3_0, "application/json")


@get("/{name:str}", opt=OPEN, sync_to_thread=True)
def show_asset(name: FromPath[str], request: AnyRequest) -> Response[Any]:
    if name in OURS:
        return _file(request, (PAGES / name).read_bytes(), OURS[name])
    if name in SWAGGER_UI:
        return _file(request, (_swagger_ui() / name).read_bytes(), SWAGGER_UI[name])
    raise PathNotFound("the documentation has no such file")


def _file(request: AnyRequest, content: bytes, media_type: str) -> Response[Any]:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if unchanged(request, tag):
        return not_modified(tag, Cache_Control="no-cache")
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    return Response(content, media_type=media_type, headers=headers)


@cache
def _swagger_ui() -> Path:
    """Found without importing its package, which does nothing but look for itself."""
    spec = find_spec("swagger_ui_bundle")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("swagger_ui_bundle", name="swagger_ui_bundle")
    return next(Path(spec.origin).parent.glob("vendor/swagger-ui-*"))


router = Router(
    "/api/docs",
    route_handlers=[show_documentation, show_document, show_document_3_0, show_asset],
    include_in_schema=False,
)
