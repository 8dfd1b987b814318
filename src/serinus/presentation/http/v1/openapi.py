"""Contract v1 as an OpenAPI 3.1 document, from the handlers of an application.

Handlers say what their types cannot: `takes` (the body), `needs` (its required members), `asks`
(query parameters), `sorts` (columns), `failures` (statuses beyond those that follow from the
rest), `bare` (no envelope), `tells_when_down` (503 has the data of 200).
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from http import HTTPStatus
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from serinus import __version__
from serinus.application.content.searching import DocType, SearchOrder
from serinus.domain.identity.caller import Role
from serinus.presentation.http.v1.envelope import Envelope, FieldError
from serinus.presentation.http.v1.examples import EXAMPLES
from serinus.presentation.http.v1.failures import texts_of
from serinus.presentation.http.v1.signed_in import SignedInOnly

Document = dict[str, Any]

JSON = "application/json"
REF = "#/components/schemas/{name}"
FAILED = "Failed"
BEARER: dict[str, list[str]] = {"bearer": []}
API_KEY: dict[str, list[str]] = {"apiKey": []}
TEXT_OR_NULL = {"type": ["string", "null"]}
ENVELOPE: Document = {
    "description": "Around every answer; all four members are always there.",
    "type": "object",
    "properties": {
        "success": {"type": "boolean"},
        "data": {},
        "message": TEXT_OR_NULL,
        "error": TEXT_OR_NULL,
    },
    "required": ["success", "data", "message", "error"],
}
FAILURE: Document = {
    "allOf": [
        {"$ref": REF.format(name="Envelope")},
        {
            "properties": {
                "success": {"const": False},
                "data": {"type": "null"},
                "error": {"type": "string"},
                "validation_errors": {
                    "description": "With 422: every member that is wrong, once.",
                    "type": "array",
                    "items": {"$ref": REF.format(name="FieldError")},
                },
            }
        },
    ]
}
TAGS = {
    "auth": "Signing up, in, on and out.",
    "posts": "What authors write.",
    "tags": "What posts are about.",
    "users": "Who writes and reads.",
    "admin": "All posts in brief, for editors.",
    "api-keys": "Keys for one's own programs. They are not accepted here and under auth.",
    "search": "Finding what is public.",
    "health": "For load balancers and orchestrators.",
    "info": "What is served.",
}
QUERY: dict[str, tuple[Document, str]] = {
    "page": ({"type": "integer", "minimum": 0, "default": 1}, "0 counts as 1."),
    "limit": ({"type": "integer", "minimum": 0, "default": 20}, "At most 100; 0 counts as 20."),
    "status": (
        {"type": "string", "enum": ["draft", "published", "archived"]},
        "In any case. Drafts include posts that are scheduled.",
    ),
    "author": ({"type": "string", "format": "uuid"}, "The id of the author."),
    "tag": ({"type": "string"}, "The name or the slug of a tag."),
    "role": (
        {"type": "string", "enum": [role.value for role in Role]},
        "In any case, with or without `_`. Who sees no roles finds themselves at most.",
    ),
    "active": ({"type": "boolean"}, "In any case."),
    "q": (
        {"type": "string", "minLength": 1, "maxLength": 200},
        "Words of any script. Every one of them has to occur.",
    ),
    "prefix": ({"type": "string", "minLength": 1, "maxLength": 200}, "How they begin."),
    "limit:10": (
        {"type": "integer", "minimum": 0, "default": 10},
        "At most 100; 0 counts as 10.",
    ),
    "offset": ({"type": "integer", "minimum": 0, "default": 0}, "How many to leave out."),
    "doc_type": ({"type": "string", "enum": [*DocType]}, "In any case."),
    "sort_by": (
        {"type": "string", "enum": [*SearchOrder], "default": SearchOrder.RELEVANCE},
        "Anything else sorts by relevance.",
    ),
    "sort_order": (
        {"type": "string", "enum": ["asc", "desc"], "default": "desc"},
        "In any case. Anything else sorts descending.",
    ),
}
NEEDED = frozenset({"q", "prefix"})
PATH: dict[str, Document] = {
    "id": {"type": "string", "format": "uuid"},
    "tag": {"type": "string", "description": "The name or the slug of a tag."},
}


def v1_openapi(app: Litestar) -> Document:
    """The contract as the application serves it."""
    # Sorted: routes come out of sets, in another order in each process.
    served = sorted(_served(app), key=lambda each: each[:2])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Serinus, contract v1", "version": __version__},
        "paths": _paths(served),
        "components": {
            "schemas": _schemas([handler for _, _, handler in served]),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "apiKey", "name": "X-API-Key", "in": "header"},
            },
        },
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
    }


def _served(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    yield route.path_format, method.lower(), handler


def _paths(served: list[tuple[str, str, HTTPRouteHandler]]) -> Document:
    paths: Document = {}
    taken: set[str] = set()
    for path, method, handler in served:
        # One handler may serve two paths; an id names one operation.
        name = handler.handler_name
        name = f"{name}_at_{path.rpartition('/')[2]}" if name in taken else name
        taken.add(name)
        operation = {"operationId": name, **_operation(path, handler)}
        paths.setdefault(path, {})[method] = operation
    return paths


def _operation(path: str, handler: HTTPRouteHandler) -> Document:
    text = (handler.fn.__doc__ or "").strip()
    operation: Document = {
        "tags": [_tag(path)],
        "summary": text.partition("\n")[0].partition(". ")[0].rstrip("."),
        "description": text,
        "security": _security(handler),
        "responses": _responses(path, handler),
    }
    if parameters := [*_path_parameters(path), *_query_parameters(handler)]:
        operation["parameters"] = parameters
    if takes := handler.opt.get("takes"):
        schema = {"$ref": REF.format(name=takes.__name__)}
        content = {"schema": schema, "example": EXAMPLES[takes]}
        operation["requestBody"] = {"required": True, "content": {JSON: content}}
    return operation


def _security(handler: HTTPRouteHandler) -> list[dict[str, list[str]]]:
    guards = handler.resolve_guards()
    if not guards:
        return []
    return [BEARER, API_KEY] if _takes_keys(guards) else [BEARER]


def _takes_keys(guards: Iterable[object]) -> bool:
    return any(isinstance(guard, SignedInOnly) and guard.takes_keys for guard in guards)


def _tag(path: str) -> str:
    part = path.removeprefix("/api/v1").strip("/").partition("/")[0]
    return part or "info"


def _path_parameters(path: str) -> Iterator[Document]:
    for name, schema in PATH.items():
        if f"{{{name}}}" in path:
            yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(handler: HTTPRouteHandler) -> Iterator[Document]:
    for name in handler.opt.get("asks", ()):
        schema, text = QUERY[name] if name in QUERY else _sort(handler.opt["sorts"])
        yield {
            "name": name.partition(":")[0],
            "in": "query",
            **({"required": True} if name in NEEDED else {}),
            "schema": schema,
            "description": text,
        }


def _sort(columns: type[StrEnum]) -> tuple[Document, str]:
    values = [f"{sign}{column}" for column in columns for sign in ("", "-")]
    schema = {"type": "string", "enum": values, "default": "-created_at"}
    return schema, "Descending with `-`. Anything else sorts like `-created_at`."


def _responses(path: str, handler: HTTPRouteHandler) -> Document:
    status = HTTPStatus(handler.status_code)
    (data,), _ = msgspec.json.schema_components([_data(handler)], ref_template=REF)
    schema = data if "bare" in handler.opt else _enveloped(data)
    responses = {
        str(int(status)): {"description": status.phrase, "content": {JSON: {"schema": schema}}}
    }
    responses |= {str(int(each)): _failure(each) for each in _statuses(path, handler)}
    if "tells_when_down" in handler.opt:
        responses["503"]["content"] = {JSON: {"schema": _failed_with(data)}}
    return responses


def _enveloped(data: Document) -> Document:
    said = {"success": {"const": True}, "data": data, "error": {"type": "null"}}
    return {"allOf": [{"$ref": REF.format(name="Envelope")}, {"properties": said}]}


def _failed_with(data: Document) -> Document:
    said = {"success": {"const": False}, "data": data, "error": {"type": "string"}}
    return {"allOf": [{"$ref": REF.format(name="Envelope")}, {"properties": said}]}


def _statuses(path: str, handler: HTTPRouteHandler) -> list[HTTPStatus]:
    found = {429, 500, 503, *handler.opt.get("failures", ())}
    if guards := handler.resolve_guards():
        found |= {401, 403} if _takes_keys(guards) else {401}
    if "{id}" in path or "asks" in handler.opt:
        found.add(400)
    if "takes" in handler.opt:
        found |= {400, 413, 415, 422}
    return [HTTPStatus(status) for status in sorted(found)]


def _failure(status: HTTPStatus) -> Document:
    response: Document = {
        "description": ", ".join(f"`{text}`" for text in texts_of(status)),
        "content": {JSON: {"schema": {"$ref": REF.format(name=FAILED)}}},
    }
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        seconds = {"description": "In seconds.", "schema": {"type": "integer"}}
        response["headers"] = {"Retry-After": seconds}
    return response


def _schemas(handlers: list[HTTPRouteHandler]) -> Document:
    bodies = {
        handler.opt["takes"]: handler.opt.get("needs", [])
        for handler in handlers
        if "takes" in handler.opt
    }
    answers = dict.fromkeys(map(_data, handlers))
    _, schemas = msgspec.json.schema_components(
        [*bodies, *answers, FieldError], ref_template=REF
    )
    for body, needed in bodies.items():
        _require(schemas[body.__name__], needed)
    return schemas | {"Envelope": ENVELOPE, FAILED: FAILURE}


def _require(body: Document, needed: list[str]) -> None:
    """To msgspec no member is: whether one is missing, the rules say."""
    del body["required"]  # empty, and OpenAPI 3.0 wants one at least
    if not needed:
        return
    body["required"] = needed
    for name in needed:
        member = body["properties"][name]
        del member["default"]
        # Null is as good as absent, and so not enough.
        (allowed,) = [each for each in member.pop("anyOf") if each != {"type": "null"}]
        member |= allowed


def _data(handler: HTTPRouteHandler) -> Any:  # noqa: ANN401 - a type, often a generic one
    """What the answer holds, without what is around it."""
    declared = handler.parsed_fn_signature.return_type.annotation
    while get_origin(declared) in {Response, Envelope}:
        (declared,) = get_args(declared)
    return declared
