"""What the service says of itself, made without a database and without a server."""

from typing import Any

from serinus.presentation.http import metrics_page
from serinus.presentation.http.release.app import contract
from serinus.presentation.http.v1.app import build_v1
from serinus.presentation.http.v1.openapi import FAILED, REF, v1_openapi
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v2.app import documented
from serinus.presentation.http.v2.documentation import Documentation


def documentation() -> Documentation:
    """The OpenAPI document of both contracts and of steering, made when first asked for."""
    return documented(_contract_v1, contract)


def _contract_v1() -> dict[str, Any]:
    # Handlers describe themselves; what they work with is only needed to serve.
    nothing: dict[str, Any] = dict.fromkeys(V1Services.__dataclass_fields__)
    document = v1_openapi(build_v1(V1Services(**nothing)))
    document["paths"] |= metrics_page.documented(REF.format(name=FAILED))
    document["tags"].append({"name": "metrics", "description": "For monitoring."})
    return document
