"""An example of every body and every answer, for the OpenAPI document.

Made from the schemas, so that none is forgotten when a member is added.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]

#: Texts whose schema says nothing better.
TEXTS: Mapping[str, str] = {
    "title": "Canary songs",
    "slug": "canary-songs",
    "name": "Canary songs",
    "path": "canary-songs",
    "categories": "canary-songs",
    "content": "Canaries *sing*.",
    "html": "<p>Canaries <em>sing</em>.</p>",
    "excerpt": "What canaries sing.",
    "description": "What canaries sing, and when.",
    "featured_image": "https://images.example.org/canary.jpg",
    "username": "naoko",
    "first_name": "Naoko",
    "last_name": "Torii",
    "next": "Wk3xYw9kWmR2c0pU",
    "prev": "TmZ0a2x3b3VQc1Q",
    "status": "alive",
}
NUMBERS: Mapping[str, int] = {"limit": 20}
FORMATS: Mapping[str, str] = {
    "uuid": "0197b2f0-6c1e-7d3a-9d50-2a4c0c1f8e11",
    "date-time": "2030-01-31T12:00:00Z",
    "uri": "https://images.example.org/canary.jpg",
    "password": "nine-blue-boats",
}
IN_A_PATCH = 2  # members: one names only what changes


def add(document: Schema) -> None:
    components = document["components"]["schemas"]
    for method, operation in _operations(document):
        for content in _contents(operation):
            if "schema" not in content or {"example", "examples"} & content.keys():
                continue
            content["example"] = _example(content["schema"], components)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if method == "patch":
                members = list(content["example"].items())
                content["example"] = dict(members[:IN_A_PATCH])


def _operations(document: Schema) -> Iterator[tuple[str, Schema]]:
    for operations in document["paths"].values():
        yield from operations.items()


def _contents(operation: Schema) -> Iterator[Schema]:
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).values()


def _example(schema: Schema, components: Mapping[str, Schema], name: str = "") -> Any:  # noqa: ANN401 - JSON
    match schema:
        case {"examples": [first, *_]} | {"const": first} | {"enum": [first, *_]}:
            return first
        case {"$ref": str(place)}:
            return _example(components[place.rpartition("/")[2]], components, name)
        case {"oneOf": [option, *_]} | {"anyOf": [option, *_]} | {"allOf": [option, *_]}:
            return _example(option | _said(schema), components, name)
        case {"type": "object" | "array"}:
            return _container(schema, components, name)
        case _:
            return _plain(schema, name)


def _container(schema: Schema, components: Mapping[str, Schema], name: str) -> Any:  # noqa: ANN401 - JSON
    match schema:
        case {"properties": dict(members)}:
            return {each: _example(members[each], components, each) for each in members}
        case {"items": dict(items)}:
            return [_example(items, components, name)]
        case {"additionalProperties": dict(values)}:
            return {"title": _example(values, components, "title")}
        case _:
            return {}


def _said(schema: Schema) -> Schema:
    """What stands beside a choice holds for what is chosen."""
    return {key: schema[key] for key in ("format",) if key in schema}


def _plain(schema: Schema, name: str) -> Any:  # noqa: ANN401 - JSON
    match schema.get("type"):
        case "string":
            return FORMATS.get(schema.get("format", "")) or TEXTS.get(name, name or "text")
        case "integer" | "number":
            return NUMBERS.get(name, schema.get("minimum", 1))
        case "boolean":
            return True
        case _:
            return None
