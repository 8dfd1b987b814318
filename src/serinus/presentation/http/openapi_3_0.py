"""An OpenAPI 3.1 document as 3.0, for readers that know no newer one.

Swagger UI before 5 is such a reader. What 3.0 cannot say is left out; nothing becomes wrong.
"""

from collections.abc import Mapping
from typing import Any

VERSION = "3.0.3"
#: Words of JSON Schema 2020-12 that 3.0 does not have.
UNKNOWN = frozenset(
    {
        "$comment", "$defs", "$id", "$schema", "contains", "contentEncoding",
        "contentMediaType", "contentSchema", "dependentRequired", "dependentSchemas", "else",
        "if", "patternProperties", "prefixItems", "propertyNames", "then",
        "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip


def as_3_0(document: Mapping[str, Any]) -> dict[str, Any]:
    converted: dict[str, Any] = {
        key: _node(value) for key, value in document.items() if key != "webhooks"
    }
    info = {key: value for key, value in document["info"].items() if key != "summary"}
    if "license" in info:
        info["license"] = {k: v for k, v in info["license"].items() if k != "identifier"}
    converted.pop("jsonSchemaDialect", None)
    return converted | {"openapi": VERSION, "info": info}


def _node(node: Any, *, at: str = "") -> Any:  # noqa: ANN401 - JSON
    """Walks everything that is not a schema; `at` is the member it stands under."""
    if isinstance(node, list):
        return [_node(each) for each in node]
    if not isinstance(node, dict) or at in {"example", "examples"}:
        return node
    return {
        key: _schemas(value, key) if key in {"schema", "schemas"} else _node(value, at=key)
        for key, value in node.items()
    }


def _schemas(value: Any, key: str) -> Any:  # noqa: ANN401 - JSON
    if key == "schemas":
        return {name: schema_as_3_0(each) for name, each in value.items()}
    return schema_as_3_0(value)


def schema_as_3_0(schema: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(schema, dict):  # true and false are schemas in 3.1
        return {} if schema is not False else {"not": {}}
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}  # whatever stands beside it is ignored in 3.0
    found = {key: _member(key, value) for key, value in schema.items() if key not in UNKNOWN}
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if examples := found.pop("examples", None):
        found.setdefault("example", examples[0])
    _bounds(found)
    return _nullable(_typed(found))


def _member(key: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    match key:
        case "properties":
            return {name: schema_as_3_0(each) for name, each in value.items()}
        case "allOf" | "anyOf" | "oneOf":
            return [schema_as_3_0(each) for each in value]
        case "items" | "not":
            return schema_as_3_0(value)
        case "additionalProperties" if isinstance(value, dict):
            return schema_as_3_0(value)
        case _:
            return value


def _bounds(schema: dict[str, Any]) -> None:
    for exclusive, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in schema and not isinstance(schema[exclusive], bool):
            schema[plain] = schema[exclusive]
            schema[exclusive] = True


def _typed(schema: dict[str, Any]) -> dict[str, Any]:
    """3.0 has one type for each schema, and no null."""
    kinds = schema.get("type")
    if kinds == "null":
        return {key: value for key, value in schema.items() if key != "type"} | NULL
    if not isinstance(kinds, list):
        return schema
    others = [kind for kind in kinds if kind != "null"]
    rest = {key: value for key, value in schema.items() if key != "type"}
    if len(others) != len(kinds):
        rest["nullable"] = True
    if len(others) == 1:
        return rest | {"type": others[0]}
    return rest | {"anyOf": [_bare(kind) for kind in others]}


NULL: dict[str, Any] = {"nullable": True, "enum": [None]}


def _bare(kind: str) -> dict[str, Any]:
    return {"type": kind, "items": {}} if kind == "array" else {"type": kind}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """A choice between something and null is that something, nullable."""
    for choice in ("oneOf", "anyOf"):
        options = schema.get(choice, [])
        others = [option for option in options if option != NULL]
        if len(others) == len(options):
            continue
        schema = {key: value for key, value in schema.items() if key != choice}
        if len(others) > 1:
            return schema | {choice: others, "nullable": True}
        if "$ref" in others[0]:  # nothing may stand beside a reference
            return schema | {"allOf": others, "nullable": True}
        return {**others[0], **schema, "nullable": True}
    return schema
