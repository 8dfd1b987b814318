"""Engine v1 is what the OpenAPI document says, although the document is made from engine v2."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel

from serinus.legacy.application import create_app
from serinus.wiring.documents import documentation
from tests.legacy.engine import configuration

Document = dict[str, Any]

OURS: Document = json.loads(documentation().published)
DESCRIBED = {
    f"{method.upper()} {path}": operation
    for path, item in OURS["paths"].items()
    if path.startswith("/api/v1") and path != "/api/v1/metrics"  # answered before any engine
    for method, operation in item.items()
}
app = create_app(configuration("postgresql://nobody@localhost/nothing"))
ROUTES = {
    f"{method} {route.path}": route.original_route
    for route in iter_route_contexts(app.routes)
    for method in route.methods or ()
}
# What the framework would publish, if this engine did.
THEIRS: Document = get_openapi(title="Engine v1", version="1", routes=app.routes)
NAMES = {bool: "boolean", str: "string", int: "integer"}

each_operation = pytest.mark.parametrize("label", DESCRIBED)


def test_engine_v1_serves_what_is_described() -> None:
    assert set(ROUTES) == set(DESCRIBED)


@each_operation
def test_it_asks_for_the_parameters_that_are_described(label: str) -> None:
    assert _parameters(_made(label)) == _parameters(DESCRIBED[label])


@each_operation
def test_it_answers_with_the_members_that_are_described(label: str) -> None:
    status, described = _success(DESCRIBED[label], OURS)
    made_status, made = _success(_made(label), THEIRS)

    assert made_status == status
    assert list(made) == list(described)
    # The document leaves room for messages that no operation gives.
    assert {**made, "message": None} == {**described, "message": None}


@each_operation
def test_it_takes_the_members_that_are_described(label: str) -> None:
    described = DESCRIBED[label].get("requestBody")
    route = ROUTES[label]
    assert isinstance(route, APIRoute)
    taken = [form.model_json_schema() for form in _forms(route.dependant)]

    assert [_shape(form, form) for form in taken] == (
        [_shape(described["content"]["application/json"]["schema"], OURS)] if described else []
    )


def _made(label: str) -> Document:
    method, path = label.split()
    operation: Document = THEIRS["paths"][path][method.lower()]
    return operation


def _parameters(operation: Document) -> set[tuple[str, str]]:
    return {(each["name"], each["in"]) for each in operation.get("parameters", ())}


def _success(operation: Document, document: Document) -> tuple[str, Document]:
    ((status, response),) = [
        each for each in operation["responses"].items() if each[0].startswith("2")
    ]
    return status, _shape(response["content"]["application/json"]["schema"], document)


def _forms(dependant: Dependant) -> Iterator[type[BaseModel]]:
    """Bodies are read by a dependency, made for each form."""
    if dependant.call is not None and inspect.isfunction(dependant.call):
        model = inspect.getclosurevars(dependant.call).nonlocals.get("model")
        if model is not None:
            yield model
    for each in dependant.dependencies:
        yield from _forms(each)


def _shape(schema: Document, document: Document) -> Any:
    """Members in their order, each down to the types of its values."""
    if "$ref" in schema:
        return _shape(_found(document, schema["$ref"]), document)
    if "allOf" in schema:
        parts = [_shape(part, document) for part in schema["allOf"]]
        return {name: shape for part in parts for name, shape in part.items()}
    if "properties" in schema:
        members = schema["properties"].items()
        return {name: _shape(member, document) for name, member in members}
    return _kind(schema, document)


def _kind(schema: Document, document: Document) -> Any:
    match schema:
        case {"anyOf": kinds}:
            return sorted(str(_shape(kind, document)) for kind in kinds)
        case {"type": "array", "items": items}:
            return [_shape(items, document)]
        case {"type": kind}:
            return kind
        case {"const": value} | {"enum": [value, *_]}:
            return NAMES[type(value)]
        case _:
            return None


def _found(document: Document, place: str) -> Document:
    found: Any = document
    for part in place.removeprefix("#/").split("/"):
        found = found[part]
    assert isinstance(found, dict)
    return found
