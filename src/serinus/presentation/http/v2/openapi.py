"""Contract v2 as an OpenAPI 3.1 document, from the handlers themselves.

Litestar describes what types say. What all operations of a kind have in common is added here,
so that no handler repeats it: problems, security, the headers of conditional requests.
"""

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler, Dependencies

from serinus import __version__
from serinus.domain.errors import Forbidden, Invalid, SerinusError, Stale, TooMany, Unavailable
from serinus.domain.identity.sessions import InvalidToken, MissingCredentials
from serinus.presentation.http.v2 import examples, refusals, schemas
from serinus.presentation.http.v2.authentication import Access
from serinus.presentation.http.v2.bodies import JSON, MERGE_PATCH, StrictRequest
from serinus.presentation.http.v2.problem_catalogue import BY_CODE
from serinus.presentation.http.v2.problems import MEDIA_TYPE, Problem, status_of

Operation = dict[str, Any]
REF = "#/components/schemas/{name}"
BEARER: dict[str, list[str]] = {"bearer": []}
API_KEY: dict[str, list[str]] = {"apiKey": []}
SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.OPEN: [],
    Access.VISITOR: [{}, BEARER, API_KEY],
    Access.CALLER: [BEARER, API_KEY],
    Access.SESSION: [BEARER],
}
ABOUT = """\
A headless CMS that releases its own API by canary. Contract **v2** is the one to build on;
contract **v1** is served, unchanged, for the clients that have it.

Every failure of v2 is an RFC 9457 problem with a stable `code`; `/problems` explains each.
"""
TAGS = {
    "auth": "Signing up, in, on and out.",
    "users": "Accounts and sessions.",
    "api-keys": "For the programs of an account.",
    "posts": "What authors write.",
    "tags": "What posts are about.",
    "categories": "Where posts are filed: a tree.",
    "audit": "Who did what.",
    "search": "What posts say.",
    "comments": "What readers say, in threads, and what moderators make of it.",
    "release": "Moving contract v1 from one engine to the other. Without the database nobody"
    " can steer; within ten seconds every worker then serves the stable engine by itself.",
    "health": "For load balancers and orchestrators.",
}


def contract(
    handlers: Sequence[ControllerRouterHandler], dependencies: Dependencies
) -> dict[str, Any]:
    """Built from an application of its own, which serves nothing and is dropped again."""
    app = Litestar(
        route_handlers=handlers,
        dependencies=dependencies,
        request_class=StrictRequest,
        openapi_config=_config(),
        logging_config=None,
    )
    # As JSON has it: a default may be a tuple or an enum.
    document = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    document["components"]["schemas"] |= _problem_schemas()
    for path, method, handler in _served(app):
        _complete(document["paths"][path][method], method, handler)
    schemas.improve(document)
    examples.add(document)
    return cast("dict[str, Any]", document)


def _config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Serinus",
        version=__version__,
        description=ABOUT,
        license=License("Apache-2.0", identifier="Apache-2.0"),
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme("http", scheme="bearer", bearer_format="JWT"),
                "apiKey": SecurityScheme(
                    "apiKey", name="X-API-Key", security_scheme_in="header"
                ),
            }
        ),
    )


def _operation_id(handler: HTTPRouteHandler, _: object, path: Sequence[object]) -> str:
    """What generated clients call it. Health is served at the root as well."""
    at_root = len(handler.paths) > 1 and len(path) == 1
    return f"root_{handler.handler_name}" if at_root else handler.handler_name


def _problem_schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([Problem], ref_template=REF)
    return schemas


def _served(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                if handler.resolve_include_in_schema():
                    for method in handler.http_methods:
                        yield route.path_format, method.lower(), handler


def _complete(operation: Operation, method: str, handler: HTTPRouteHandler) -> None:
    access = Access(handler.opt.get("access", Access.CALLER))
    parameters = [*operation.pop("parameters", []), *handler.opt.get("parameters", ())]
    errors = [
        *handler.opt.get("refuses", ()),
        *_usual(operation, method, access, {each["in"] for each in parameters}),
    ]
    operation["summary"] = re.split(r"\.(?:\s|$)", operation.get("description", ""))[0]
    if offered := handler.opt.get("offered"):
        operation["description"] += f"\n\n{offered}"
    operation["security"] = SECURITY[access]
    if parameters := [*parameters, *_headers(method, errors)]:
        operation["parameters"] = parameters
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    content = operation.get("requestBody", {}).get("content", {})
    if method == "patch" and JSON in content:
        content[MERGE_PATCH] = content[JSON]
    # Litestar's own description of a refused request is not what we answer.
    operation["responses"].pop("400", None)
    for status, response in operation["responses"].items():
        known = HTTPStatus(int(status))
        if response["description"] == known.description:  # nobody has said anything better
            response["description"] = known.phrase
        if headers := response.get("headers"):
            # Litestar gives them in another order each time, and some without a schema.
            response["headers"] = {
                name: {"schema": {"type": "string"}} | headers[name] for name in sorted(headers)
            }
    responses = operation["responses"] | _problems(errors)
    operation["responses"] = dict(sorted(responses.items()))


def _usual(
    operation: Operation, method: str, access: Access, places: set[str]
) -> Iterator[type[SerinusError]]:
    if access is Access.SESSION:
        yield Forbidden
    if access in {Access.CALLER, Access.SESSION}:
        yield from (MissingCredentials, InvalidToken)
    elif access is Access.VISITOR:
        yield InvalidToken
    if "path" in places:
        yield refusals.PathNotFound
    if "query" in places:
        yield from (refusals.InvalidParameter, refusals.UnknownParameter)
    if "requestBody" in operation:
        yield from (refusals.MalformedJson, refusals.NotAnObject, Invalid)
        yield from (refusals.UnsupportedMediaType, refusals.BodyTooLarge)
    if method == "post":
        yield from (refusals.IdempotencyInProgress, refusals.IdempotencyKeyReused)
        yield refusals.MalformedHeader
    yield from (TooMany, refusals.InternalError, Unavailable)


def _headers(method: str, errors: Sequence[type[SerinusError]]) -> Iterator[dict[str, Any]]:
    if method == "post":
        yield _header(
            "Idempotency-Key",
            "Send the same request again with the same key: it has one effect, and one answer,"
            " for 24 hours.",
            example='"8e03978e-40d5-43e8-bc93-6894a57f9324"',
        )
    if refusals.PreconditionRequired in errors:
        yield _header("If-Match", "The ETag you last saw.", example='"1"', required=True)


def _header(name: str, text: str, *, example: str, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "description": text,
        "required": required,
        "schema": {"type": "string"},
        "example": example,
    }


def _problems(errors: Sequence[type[SerinusError]]) -> dict[str, Any]:
    by_status: dict[HTTPStatus, list[str]] = {}
    for error in dict.fromkeys(errors):
        by_status.setdefault(status_of(error), []).append(error.code)
    return {str(int(status)): _problem(status, codes) for status, codes in by_status.items()}


def _problem(status: HTTPStatus, codes: list[str]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": " ".join(f"`{code}`: {BY_CODE[code].meaning}" for code in codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": REF.format(name="Problem")},
                "examples": {code: {"value": _example(status, code)} for code in codes},
            }
        },
    }
    if name := PROMISED.get(status):
        response["headers"] = {name: {"schema": {"type": "string"}}}
    return response


PROMISED = {
    HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
    status_of(Stale): "ETag",
    HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
}


def _example(status: HTTPStatus, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": BY_CODE[code].title,
        "status": int(status),
        "code": code,
        "detail": BY_CODE[code].meaning,
        "request_id": "0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11",
    }
    if code == Invalid.code:
        item = {"pointer": "/title", "code": "too_long", "message": "at most 255 characters"}
        problem["errors"] = [cast("dict[str, Any]", item) | {"params": {"max": 255}}]
    return problem
